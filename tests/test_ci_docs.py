"""What docs/ci.md offers to copy: it parses, and its commands run."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import SAMPLES, Ran, crembo

PAGE = (Path(__file__).parent.parent / "docs" / "ci.md").read_text()
FEW = ("--synthetic", "100", "--thresholds", "2", "--quick-report", "-q")


def blocks(language: str) -> list[str]:
    """The blocks in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as /srv/crembo: a student, and rows of the table that it was fitted on."""
    folder = tmp_path_factory.mktemp("served")
    inputs = SAMPLES / "wine_mlp.onnx", SAMPLES / "wine.csv"
    assert crembo(folder, "compress", *inputs, "-o", "student.onnx", *FEW).code == 0
    shutil.copy(SAMPLES / "wine.csv", folder / "today.csv")
    return folder


def shell(command: str, folder: Path, **variables: str) -> Ran:
    """Run a shell command of the page, with its folders in their places here."""
    here = Path(sys.executable).parent
    command = command.replace("/opt/crembo/bin", str(here)).replace("/srv/crembo", str(folder))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **variables, "PATH": f"{here}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def run(command: str, folder: Path) -> Ran:
    """Run, in this process, what the shell makes of a command of the page."""
    command = command.replace("/opt/crembo/bin/crembo", "crembo")
    words = shell(f"crembo() {{ printf '%s\\0' \"$@\"; }}; {command}", folder)
    assert words.code == 0, words.err
    return crembo(folder, *words.out.split("\0")[:-1])


def check(command: str, folder: Path, runs: Callable[..., Ran] = run, **variables: str) -> None:
    """The command fails in one line on rows unlike the training rows."""
    text = (folder / "today.csv").read_text()
    header, *rows = text.splitlines()
    (folder / "today.csv").write_text("\n".join([header, *[rows[0]] * 100]) + "\n")
    try:
        done = runs(command, folder, **variables)
    finally:
        (folder / "today.csv").write_text(text)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), done.err
    assert "requirement not met: drift.max_psi<=0.2" in done.err


def test_the_action_is_composite_and_its_check_runs(served: Path) -> None:
    """Each step has a shell or an action; the inputs reach the command as variables."""
    yaml = pytest.importorskip("yaml")
    (block,) = blocks("yaml")
    action: dict[str, Any] = yaml.safe_load(block)
    assert action["runs"]["using"] == "composite"
    steps = action["runs"]["steps"]
    assert all(("uses" in step) != ("shell" in step and "run" in step) for step in steps)
    last = steps[-1]
    given = {"student": "student.onnx", "data": "today.csv"}
    given |= {name: each["default"] for name, each in action["inputs"].items() if "default" in each}
    variables = {
        name: given[re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)[1]]  # type: ignore[index]  # a match, or the test fails
        for name, value in last["env"].items()
    }
    check(last["run"], served, shell, **variables)


def test_the_commands_are_silent_while_nothing_has_moved(served: Path) -> None:
    """That of cron stands for all: their requirement is the same."""
    (line,) = blocks("crontab")
    done = shell(line.split(None, 5)[5].strip(), served)
    assert (done.code, done.out, done.err) == (0, "", ""), done.err


def test_the_image_has_known_instructions_and_a_command() -> None:
    """ENTRYPOINT and CMD are JSON, and what docker runs is a command of crembo."""
    (block,) = blocks("dockerfile")
    lines = [line.partition(" ") for line in block.splitlines()]
    assert {name for name, _, _ in lines} <= {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENTRYPOINT",
        "CMD",
    }
    assert [json.loads(rest) for name, _, rest in lines if name in ("ENTRYPOINT", "CMD")] == [
        ["crembo"],
        ["--help"],
    ]


def test_what_docker_runs_is_a_command(served: Path) -> None:
    """The words after the image's name."""
    (line,) = (each for each in blocks("text") if each.startswith("docker run"))
    words = shlex.split(line)
    inside = words[words.index("crembo") + 1 :]
    check(shlex.join(["crembo", *inside, "--quiet"]), served)


def test_the_units_parse_and_the_service_runs(served: Path) -> None:
    """A service of one shot and a timer."""
    service, timer = (configparser.ConfigParser(interpolation=None) for _ in range(2))
    for unit, block in zip((service, timer), blocks("ini"), strict=True):
        unit.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names have capitals
        unit.read_string(block)
    assert service["Service"]["Type"] == "oneshot"
    assert timer["Install"]["WantedBy"] == "timers.target"
    # systemd has no shell: a word is a word.
    check(shlex.join(service["Service"]["ExecStart"].split()), served)


def test_the_line_of_cron_runs(served: Path) -> None:
    """Five fields, and a command without a percent sign, which cron would cut."""
    (line,) = blocks("crontab")
    fields = line.split(None, 5)
    assert all(re.fullmatch(r"[\d*/,-]+", each) for each in fields[:5])
    assert "%" not in fields[5]
    check(fields[5].strip(), served)


def test_the_task_of_airflow_compiles_and_its_command_runs(served: Path) -> None:
    """The one argument `bash_command` is a literal."""
    (block,) = blocks("python")
    tree = ast.parse(block)
    (command,) = (
        ast.literal_eval(each.value)
        for each in ast.walk(tree)
        if isinstance(each, ast.keyword) and each.arg == "bash_command"
    )
    check(command, served)
