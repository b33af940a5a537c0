"""README and docs: they are complete, what they show runs, and their links lead somewhere."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.main import get_command

import crembo_cli
from crembo_cli.commands.app import app
from crembo_cli.core.choice import GAIN
from crembo_cli.search import defaults
from crembo_cli.teachers.load import MODELS, TABLES
from tests.in_process import Ran, crembo

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = {
    path.name: path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
}
EVERY = get_command(app).commands  # type: ignore[attr-defined]  # it is a group
COMMANDS = {name: each for name, each in EVERY.items() if not each.hidden}


def test_the_readme_is_short() -> None:
    """Who wants more finds it in docs/."""
    assert len(README.splitlines()) <= 170


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    """A reader finds each command in the table of commands."""
    assert re.search(rf"^\| `crembo {name}\b", README, re.MULTILINE)


@pytest.mark.defaults
def test_the_generated_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """Options, numbers of a report and families are those of the program."""
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    runpy.run_path(str(ROOT / "docs" / "generate.py"), run_name="__main__")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_the_docs(name: str) -> None:
    """In the section of its command."""
    section = PAGES["options.md"].split(f"## `crembo {name}`")[1].split("\n## ")[0]
    options = [each for parameter in COMMANDS[name].params for each in parameter.opts]
    missing = [each for each in options if each.startswith("--") and f"`{each}" not in section]
    assert missing in ([], ["--help"])


def test_the_table_of_teachers_lists_what_is_read() -> None:
    """Every extension that a teacher may have, and no other."""
    rows = re.findall(r"^\| (.*?) \|", PAGES["formats.md"].split("## Tables")[0], re.MULTILINE)
    named = {each for row in rows for each in re.findall(r"`(\.\w+)`", row)}
    assert named == {*MODELS, *TABLES, ".gz"}


def fenced_blocks(language: str) -> list[str]:
    """The blocks in `language` of all pages, without those that make an environment."""
    text = "\n".join(PAGES.values())
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "venv" not in block]


def run(block: str, folder: Path) -> Ran:
    """Run the lines of a block until one fails, in a folder that holds the sample models.

    Lines of crembo run in this process; what another line says is not kept.
    """
    (folder / "sample_models").symlink_to(ROOT / "sample_models")
    ran = Ran(0, "", "")
    for line in block.replace("\\\n", " ").replace("&&", "\n").splitlines():
        words = shlex.split(line)
        if words[:1] == ["crembo"]:
            done = crembo(folder, *words[1:])
            ran = Ran(done.code, ran.out + done.out, ran.err + done.err)
        elif words:
            ran = replace(ran, code=subprocess.run(words, cwd=folder, check=False).returncode)
        if ran.code:
            break
    return ran


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("how-it-works.md", f"For each of {defaults.THRESHOLDS} thresholds"),
        ("how-it-works.md", f"by {GAIN:g} paired standard errors"),
        ("options.md", f"{defaults.SYNTHETIC_PER_ROW} per real row"),
        ("options.md", f"at most {defaults.MAX_TRAINING_ROWS:,} rows in total"),
    ],
)
def test_defaults_in_prose_are_those_of_the_program(page: str, sentence: str) -> None:
    """The tables of options are generated; these sentences are written by hand."""
    assert sentence in " ".join(PAGES[page].split())


def test_every_public_name_of_the_library_is_in_the_docs() -> None:
    """A reader finds each name of `__all__` on the page of the library."""
    names = set(crembo_cli.__all__) - {"__version__"}
    assert {each for each in names if not re.search(rf"\b{each}\b", PAGES["library.md"])} == set()


@pytest.mark.parametrize("block", fenced_blocks("sh"))
def test_shell_examples_run(block: str, tmp_path: Path) -> None:
    """Every example runs as it stands."""
    done = run(block, tmp_path)
    assert done.code == 0, done.err


@pytest.mark.parametrize("page", ["README.md", "library.md"])
def test_the_library_examples_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one example of each page, as a notebook or a script would run it."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGES[page], re.MULTILINE | re.DOTALL)
    (tmp_path / "sample_models").symlink_to(ROOT / "sample_models")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(block, names)
    assert (tmp_path / "wine.student.onnx").exists()


@pytest.mark.defaults
@pytest.mark.references
def test_the_readme_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word; numbers differ a little from one processor to another."""
    monkeypatch.setenv("COLUMNS", "80")
    line = next(
        each for each in README.splitlines() if "crembo compress" in each and "venv" in each
    )
    done = run(line[line.index("crembo compress") :], tmp_path)
    assert done.code == 0, done.err
    (shown,) = re.findall(r"^```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)

    def words(text: str) -> list[str]:
        """The words before the drawn tree, with # for each number."""
        found = re.sub(r"[\d.,]*\d[Mk]?", "#", text.split("<=", maxsplit=1)[0]).split()
        return [each for each in found if set(each) - {"\u2500"}]

    assert words(shown) == words(done.out)


def test_the_cron_job_reports_drift_in_one_line(tmp_path: Path) -> None:
    """With a limit that cannot be met: exit code 1, and the requirement in the one line."""
    (block,) = (
        each for each in fenced_blocks("sh") if "fidelity>=0.9'" in each and "evaluate" in each
    )
    done = run(block.replace("fidelity>=0.9'", "fidelity>=1.5'"), tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "requirement not met: fidelity>=1.5" in done.err


def test_every_folder_is_on_the_map() -> None:
    """`docs/how-it-works.md` names every folder of the package."""
    there = {
        f"`{path.name}/`"
        for path in (ROOT / "crembo_cli").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    }
    assert {each for each in there if each not in PAGES["how-it-works.md"]} == set()


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Each link to a heading names one that exists, and each to a file too."""
    folder = ROOT if page == "README.md" else ROOT / "docs"
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[page]):
        if target.startswith("http"):
            continue
        path, _, heading = target.partition("#")
        file = folder / path if path else folder / page
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in titles}
            assert heading in anchors, target
