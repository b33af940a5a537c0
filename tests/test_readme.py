"""The README: every command and option is in it, and what it shows runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from crembo_cli.commands.app import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]  # it is a group


def options() -> list[tuple[str, str]]:
    """Each command with each of its options' long names."""
    return [
        (name, option)
        for name, command in COMMANDS.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    """A reader finds each command in the table of commands."""
    assert re.search(rf"^\| `crembo {name}\b", README, re.MULTILINE)


@pytest.mark.parametrize(("name", "option"), options())
def test_every_option_is_in_the_readme(name: str, option: str) -> None:
    """Each option of each command stands in a table of options."""
    assert re.search(rf"^\| .*`[^`]*{option}\b", README, re.MULTILINE), f"{name} {option}"


def shell_blocks() -> list[str]:
    """The README's shell examples, but for those that make an environment."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "venv" not in block]


def run(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The block in a shell, in a folder that holds the sample models."""
    shutil.copytree(ROOT / "sample_models", folder / "sample_models")
    here = Path(sys.executable).parent
    script = f"PATH={shlex.quote(str(here))}:$PATH\n{block}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("block", shell_blocks())
def test_shell_examples_run(block: str, tmp_path: Path) -> None:
    """Every example runs as it stands."""
    ran = run(block, tmp_path)
    assert ran.returncode == 0, ran.stderr


def shape(text: str) -> list[str]:
    """The words, however wide the screen was, with # for each number.

    Numbers differ a little from one processor to another.
    """
    words = re.sub(r"[\d.,]*\d[Mk]?", "#", text).split()
    return [word for word in words if set(word) != {"\u2500"}]


@pytest.mark.parametrize(
    ("command", "begins", "ends"),
    [
        ("--student tree --max-depth 5", "breast_cancer_forest.student.onnx", "the path"),
        ("--student auto", "the frontier", "tree max_depth"),
    ],
)
def test_what_is_shown_is_what_is_printed(
    command: str, begins: str, ends: str, tmp_path: Path
) -> None:
    """The outputs in the README are those of today's crembo, word for word."""
    lines = [line for line in README.splitlines() if command in line and "crembo compress" in line]
    (line,) = {line[line.index("crembo compress") :] for line in lines}
    ran = run(line, tmp_path)
    assert ran.returncode == 0, ran.stderr
    (shown,) = (
        block
        for block in re.findall(r"^```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
        if block.startswith(begins)
    )
    printed = ran.stdout[ran.stdout.index(begins) :]
    assert shape(shown.split(ends)[0]) == shape(printed.split(ends)[0])


def test_the_cron_job_tells_of_drift_in_one_line(tmp_path: Path) -> None:
    """With a limit that cannot be met: exit code 1, and the gate in the one line of the mail."""
    (block,) = (block for block in shell_blocks() if "drift apart" in block)
    ran = run(block.replace("fidelity>=0.9'", "fidelity>=1.5'"), tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)
    assert "requirement not met: fidelity>=1.5 (it is 0." in ran.stderr


def test_every_module_is_on_the_map() -> None:
    """The map of the house names every folder and module at the top of the package."""
    there = {
        path.name + ("/" if path.is_dir() else "")
        for path in (ROOT / "crembo_cli").iterdir()
        if not path.name.startswith("_") and path.suffix in ("", ".py")
    }
    house = README.split("## The house")[1]
    assert {name for name in there if f"`{name}`" not in house} == set()


def test_links_within_the_readme_lead_somewhere() -> None:
    """Each link to a heading names one that is there, and each to a file one that exists."""
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("http"):
            assert (ROOT / target).exists()
