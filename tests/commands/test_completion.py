"""Completion in a real bash: `crembo --install-completion`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crembo_cli.commands.completion import show
from crembo_cli.errors import UsageError

BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash to complete in")


def bash(home: Path, script: str) -> subprocess.CompletedProcess[str]:
    """A bash whose home is `home`, where `crembo` is this Python's."""
    here = Path(sys.executable).parent
    environment = {"HOME": str(home), "PATH": f"{here}:/usr/bin:/bin", "COLUMNS": "100"}
    return subprocess.run(
        [str(BASH), "--norc", "-c", f"{script}\nexit $?"],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def complete(home: Path, line: str) -> list[str]:
    """What bash offers at the end of `line`, by the script that was installed."""
    words = " ".join(f"'{each}'" for each in line.split(" "))
    script = f"""
        source {home}/.bash_completions/crembo.sh
        COMP_WORDS=({words})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _crembo_completion crembo
        printf '%s\n' "${{COMPREPLY[@]}}"
    """
    done = bash(home, script)
    assert done.stderr == ""
    return done.stdout.split()


def test_installed_completion_completes_commands_and_options(tmp_path: Path) -> None:
    """Names of commands, and of the options of one; a misspelled one is not offered."""
    done = bash(tmp_path, "crembo --install-completion")
    assert (done.returncode, done.stderr) == (0, "")
    assert "bash completes `crembo` in new terminals" in done.stdout
    assert "crembo.sh" in (tmp_path / ".bashrc").read_text()
    assert complete(tmp_path, "crembo compr") == ["compress"]
    assert complete(tmp_path, "crembo compress --max-d") == ["--max-depth"]
    assert complete(tmp_path, "crembo score t.onnx --la") == ["--label"]
    assert complete(tmp_path, "crembo compress --zz") == []


def test_installed_completion_completes_values(tmp_path: Path) -> None:
    """Families, formats and other choices of an option."""
    bash(tmp_path, "crembo --install-completion")
    assert complete(tmp_path, "crembo compress --student add") == ["additive"]
    assert complete(tmp_path, "crembo compress --algorithm ") == ["crembo", "memo"]
    assert complete(tmp_path, "crembo explain s.onnx --format js") == ["js", "json"]
    assert complete(tmp_path, "crembo score t.onnx --activation so") == ["softmax"]


def test_the_script_can_be_shown(tmp_path: Path) -> None:
    """For those who keep such files elsewhere; nothing is written."""
    done = bash(tmp_path, "crembo --show-completion")
    assert (done.returncode, done.stderr) == (0, "")
    assert "complete -o default -F _crembo_completion crembo" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unsupported_shell_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the shells that there are."""
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("tcsh", "/bin/tcsh"))
    with pytest.raises(UsageError, match="unsupported shell; found tcsh; wanted one of bash, zsh"):
        show(True)
