"""Options from the environment and from a file: `CREMBO_*`, `crembo.toml`, `pyproject.toml`."""

from __future__ import annotations

import json
import os
from html import unescape
from pathlib import Path

import pytest

import crembo_cli as crembo_library
from tests.command_line import Crembo

FAST = ("--quick-report", "--synthetic", "0", "--student", "linear", "-o", "s.onnx")


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests sets no option."""
    for name in [each for each in os.environ if each.startswith("CREMBO_")]:
        monkeypatch.delenv(name)


def write(folder: Path, text: str, name: str = "crembo.toml") -> None:
    """A file of settings."""
    (folder / name).write_text(text)


def seed_of(crembo: Crembo, *arguments: str | Path) -> int:
    """The seed of a run, from its report."""
    ran = crembo("compress", *arguments, *FAST, "--json")
    assert ran.code == 0, ran.err
    return int(json.loads(ran.out)["search"]["seed"])


def test_the_command_line_wins_over_a_variable_and_that_over_the_file(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source holds where those above it are silent; the default is the last."""
    assert seed_of(crembo, beliefs, data) == 0
    write(tmp_path, "seed = 1\n")
    assert seed_of(crembo, beliefs, data) == 1
    write(tmp_path, "seed = 1\n[compress]\nseed = 2\n[evaluate]\nseed = 9\n")
    assert seed_of(crembo, beliefs, data) == 2
    monkeypatch.setenv("CREMBO_SEED", "3")
    assert seed_of(crembo, beliefs, data) == 3
    assert seed_of(crembo, beliefs, data, "--seed", "4") == 4


def test_pyproject_is_read_from_the_folder_above(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest folder counts, and in one folder crembo.toml before pyproject.toml."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    write(tmp_path, "[tool.crembo]\nseed = 1\n", "pyproject.toml")
    write(tmp_path / "a", "[project]\nname = 'a'\n", "pyproject.toml")
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert seed_of(crembo, beliefs, data) == 1
    write(tmp_path, "seed = 2\n")
    assert seed_of(crembo, beliefs, data) == 2
    write(tmp_path / "a" / "b", "", "crembo.toml")
    assert seed_of(crembo, beliefs, data) == 0


def test_repeatable_options_are_lists(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list in the file, words in the variable; the command line replaces them whole."""

    def requirements(*arguments: str) -> list[str]:
        done = crembo("compress", beliefs, data, *FAST, "--json", *arguments)
        return [each["expression"] for each in json.loads(done.out)["requirements"]]

    write(tmp_path, 'require = ["fidelity>=0", "bytes<=200000"]\n')
    assert requirements() == ["fidelity>=0", "bytes<=200000"]
    monkeypatch.setenv("CREMBO_REQUIRE", "accuracy>=0 'bytes >= 2'")
    assert requirements() == ["accuracy>=0", "bytes >= 2"]
    assert requirements("--require", "kl>=0") == ["kl>=0"]


def test_flags_are_set_and_cleared(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--no-quiet on the command line, false in a variable."""
    run = ("score", beliefs, data, "--json", "-o", "scores.csv")
    write(tmp_path, "verbose = true\n")
    assert "reading" in crembo(*run).err
    assert "reading" not in crembo(*run, "--no-verbose").err
    monkeypatch.setenv("CREMBO_VERBOSE", "no")
    assert "reading" not in crembo(*run).err
    monkeypatch.setenv("CREMBO_DEBUG", "1")
    assert crembo("score", "gone.onnx", data).err.startswith("Traceback")


def test_of_two_that_exclude_each_other_the_higher_source_holds(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's verbose does not forbid --quiet; two in one file do."""
    run = ("score", beliefs, data, "-o", "scores.csv")
    write(tmp_path, "verbose = true\n")
    assert crembo(*run, "-q").err == ""
    monkeypatch.setenv("CREMBO_QUIET", "true")
    assert crembo(*run).err == ""
    monkeypatch.delenv("CREMBO_QUIET")
    write(tmp_path, "verbose = true\nquiet = true\n")
    done = crembo(*run)
    assert done.code == 2
    assert "mutually exclusive; --verbose comes from crembo.toml; --quiet comes" in done.err


def test_verbose_prints_which_came_from_where(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line before the stages."""
    write(tmp_path, 'drop = "d"\n')
    monkeypatch.setenv("CREMBO_TEACHER_TIMEOUT", "60")
    done = crembo("score", beliefs, data, "-o", "scores.csv", "-v")
    assert done.err.splitlines()[0] == (
        "crembo: options: --output=scores.csv (command line), --drop=d (crembo.toml), "
        "--teacher-timeout=60 (CREMBO_TEACHER_TIMEOUT), --verbose (command line)"
    )


@pytest.mark.usefixtures("no_plots")
def test_the_reports_command_runs_the_same_without_the_settings(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """Settings become options of the command in the report."""
    write(tmp_path, 'seed = 5\nrequire = ["kl>=0"]\nquick-report = true\n')
    assert crembo("compress", beliefs, data, "--synthetic", "0", "--report", "r.html").code == 0
    page = unescape((tmp_path / "r.html").read_text().replace("<span>", "").replace("</span>", ""))
    assert (
        f"crembo compress {beliefs} {data} --synthetic 0 --report r.html --seed=5 "
        "'--require=kl>=0' --quick-report"
    ) in page


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("max_depth = 3", "crembo.toml: unknown option 'max_depth'; did you mean 'max-depth'?"),
        ("[compres]\nseed = 1", "crembo.toml: unknown option 'compres'; did you mean 'compress'?"),
        (
            "[compress]\nclass = 'a'",
            "crembo.toml, table compress: unknown option 'class'; did you mean 'classes'?",
        ),
        ("seed = ", "crembo.toml: invalid TOML; found Invalid value (at end of document)"),
        (
            "quick-report = 'yes'",
            "crembo.toml: quick-report must be true or false; found 'yes'",
        ),
        ("seed = true", 'crembo.toml: seed must be a number or a text: "..."; found True'),
        (
            "require = {a = 1}",
            'crembo.toml: require must be a list of texts: ["...", "..."]; found {\'a\': 1}',
        ),
        (
            "[evaluate]\ntrust-pickle = true",
            "crembo.toml, table evaluate: trust-pickle cannot be set in a file; pass "
            "--trust-pickle: a folder that you downloaded must not decide it",
        ),
    ],
)
def test_a_file_that_is_wrong_anywhere_is_refused(
    text: str, line: str, crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """In one line, before anything is read, whichever command runs; the help is printed."""
    write(tmp_path, text)
    done = crembo("compress", beliefs, data)
    assert (done.code, done.out, done.err) == (2, "", f"crembo: {line}\n")
    assert crembo("compress", "--help").code == 0


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("QUIET", "maybe", "variable CREMBO_QUIET: expected true or false; found 'maybe'"),
        ("REQUIRE", "'a", "variable CREMBO_REQUIRE: expected words as in a shell; found"),
        ("SEED", "abc", "--seed comes from CREMBO_SEED"),
        (
            "DELTA",
            "7",
            "--delta: out of range; found 7; wanted 0 to 0.999; --delta comes",
        ),
        ("MAX_DEPTH", "99", "--max-depth comes from CREMBO_MAX_DEPTH"),
    ],
)
def test_an_error_names_the_variable(
    name: str,
    text: str,
    line: str,
    crembo: Crembo,
    beliefs: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It need not be looked for on the command line."""
    monkeypatch.setenv(f"CREMBO_{name}", text)
    done = crembo("compress", beliefs, data)
    assert done.code == 2
    assert line in done.err


def test_the_library_reads_no_settings(
    tmp_path: Path, beliefs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the file nor a variable."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "[score]\ndrop = 'gone'\n")
    monkeypatch.setenv("CREMBO_DROP", "gone")
    assert len(crembo_library.score(beliefs, data).frame.columns) == 3
