"""The border: exit codes, one line for an error, streams that are full, closed or gone."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import pytest
import typer

from crembo_cli import errors
from crembo_cli.commands import app as border
from tests.command_line import Crembo

CREMBO = [sys.executable, "-m", "crembo_cli"]


def ran(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A shell's run of `command`, where $CREMBO is the command line."""
    shell = ["bash", "-c", f"set -o pipefail; {command}"]
    environment = {"CREMBO": " ".join(CREMBO), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        shell, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(crembo: Crembo, flag: str) -> None:
    """`crembo --version` prints the version and nothing else."""
    done = crembo(flag)
    assert (done.code, done.out, done.err) == (0, f"crembo {border_version()}\n", "")


def border_version() -> str:
    """The version of the installed package."""
    from importlib.metadata import version

    return version("crembo-cli")


COMMANDS = [each.name or "" for each in border.app.registered_commands]


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(crembo: Crembo, command: str, flag: str) -> None:
    """`-h` and `--help` explain the program and each command on standard output."""
    done = crembo(*([command] if command else []), flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: crembo {command}")
    assert max(len(line) for line in done.out.splitlines()) <= 100


def test_help_is_a_command_too(crembo: Crembo) -> None:
    """`crembo help` and `crembo help score` print what --help prints."""
    assert crembo("help").out == crembo("--help").out
    assert crembo("help", "score").out == crembo("score", "--help").out
    assert "no command 'scor'; did you mean 'score'?" in crembo("help", "scor").err


def test_schema_is_that_of_the_report(
    crembo: Crembo, tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """It has an identifier, and the JSON of a run fits it."""
    schema = json.loads(crembo("schema").out)
    assert schema["$id"].startswith("urn:crembo:report:")
    done = crembo("compress", beliefs, data, "--quick-report", "--synthetic", "0", "--json")
    jsonschema.validate(json.loads(done.out), schema)


def test_no_arguments_is_bad_usage_and_helps(crembo: Crembo) -> None:
    """`crembo` alone explains itself on standard error, exit code 2."""
    done = crembo()
    assert (done.code, done.out) == (2, "")
    assert done.err == crembo("--help").out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["frobnicate"], "no command 'frobnicate'; wanted one of compress, score, inspect"),
        (["compres"], "no command 'compres'; did you mean 'compress'?"),
        (["compress"], "missing argument TEACHER; usage: crembo compress [OPTIONS] TEACHER DATA"),
        (["compress", "a"], "missing argument DATA; usage: crembo compress [OPTIONS] TEACHER DATA"),
        (["compress", "a", "b", "c"], "extra arguments: (c); try 'crembo compress --help'"),
        (["compress", "a", "b", "--seed"], "--seed needs a value; try 'crembo compress --help'"),
        (["compress", "a", "b", "--quiet=1"], "--quiet takes no value; try"),
        (["compress", "a", "b", "--seed", "abc"], "--seed must be a whole number; got 'abc'"),
        (["compress", "a", "b", "--seed", "1.5"], "--seed must be a whole number; got '1.5'"),
        (["score", "a", "b", "--teacher-timeout", "x"], "--teacher-timeout must be a number; got"),
        (
            ["compress", "a", "b", "--jobs", "0"],
            "--jobs must be a whole number, 1 to 256; got '0'",
        ),
        (
            ["compress", "a", "b", "--max-bytes", "0"],
            "--max-bytes must be a whole number, 1 or more; got '0'",
        ),
        (["compress", "a", "b", "--maxdepth", "3"], "no option --maxdepth; did you mean --max-dep"),
        (["compress", "a", "b", "--max_depth=3"], "no option --max_depth; did you mean --max-de"),
        (["compress", "a", "b", "--zzz"], "no option --zzz; try 'crembo compress --help'"),
        (["compress", "a", "b", "-z"], "no option -z; try 'crembo compress --help'"),
        (["--versoin"], "no option --versoin; did you mean --version?"),
    ],
)
def test_bad_usage_is_one_line(crembo: Crembo, arguments: list[str], line: str) -> None:
    """What typer refuses comes as one line with the next step, exit code 2."""
    done = crembo(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("crembo: ")
    assert line in done.err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.GateError("not met"), 1, "not met"),
        (errors.DataError("odd", where="a.csv", found="1"), 2, "a.csv: odd; found 1"),
        (errors.ReplayError("differs"), 3, "differs"),
        (MemoryError(), 2, "out of memory; try fewer rows or a larger machine"),
        (KeyboardInterrupt(), 130, "interrupted; no output is half written"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 2, "out of memory; try fewer rows"),
        (
            ImportError("_sparsetools.so: failed to map segment from shared object"),
            2,
            "out of memory; try fewer rows",
        ),
        (RuntimeError("can't start new thread"), 2, "out of memory; try fewer rows"),
        (EOFError("torn"), 3, "a defect of crembo: EOFError: torn; run it again with"),
        (
            BrokenPipeError("child"),
            3,
            "a defect of crembo: BrokenPipeError: child; run it again with",
        ),
        (
            ValueError("two\nlines \x1b[31mred"),
            3,
            "a defect of crembo: ValueError: two lines \\x1b[31mred; "
            "run it again with --debug and report the traceback",
        ),
    ],
)
def test_every_error_is_a_line_and_a_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever is raised becomes one line, and the code that the contract gives it."""
    broken = typer.Typer()

    @broken.command()
    def fail(debug: bool = False) -> None:
        raise error

    monkeypatch.setattr(border, "app", broken)
    assert border.run([]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"crembo: {line}")
    assert printed.err.count("\n") == 1
    if isinstance(error, Exception):
        assert border.run(["--debug"]) == code
        printed = capsys.readouterr().err
        assert printed.startswith("Traceback")
        assert f"crembo: {line.partition('; run it')[0]}" in printed.splitlines()[-1]


def test_a_reader_that_stops_is_not_an_error(tmp_path: Path) -> None:
    """`crembo ... | true` ends well and says nothing, for help and for answers."""
    for command in ("--help", "--version", "students --json"):
        done = ran(f"$CREMBO {command} | true", tmp_path)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    """An answer that cannot be printed is one line and exit code 2."""
    done = ran("$CREMBO students > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "crembo: standard output: the result cannot be printed; found No space left on device\n"
    )


def test_closed_streams_are_not_an_error(tmp_path: Path) -> None:
    """Run from cron with its streams closed, a command ends as ever."""
    assert ran("$CREMBO students >&- 2>&- <&-", tmp_path).returncode == 0
    assert ran("$CREMBO compress no.onnx - >&- 2>&- <&-", tmp_path).returncode == 2


def test_names_that_the_screen_lacks_are_escaped(tmp_path: Path) -> None:
    """Under an encoding without some letter the answer is printed all the same."""
    done = ran("PYTHONIOENCODING=ascii $CREMBO compress 'é.onnx' d.csv", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("crembo: \\xe9.onnx: no such file")


def test_help_is_quick_to_import() -> None:
    """`crembo --help`, and the help of each command, imports neither numpy nor pandas."""
    code = (
        "import sys\n"
        "from crembo_cli.commands.app import run\n"
        f"codes = [run([*([each] if each else []), '--help']) for each in {['', *COMMANDS]!r}]\n"
        "heavy = {'numpy', 'pandas', 'onnx', 'onnxruntime', 'sklearn', 'rich', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)), set(codes), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[] {0}\n"


def test_compress_does_not_import_what_it_does_not_need(
    tmp_path: Path, teacher: Path, data: Path
) -> None:
    """An ONNX teacher, a tree and its references: neither scikit-learn nor what draws or serves."""
    words = ["compress", str(teacher), str(data), "--quick-report", "-o", "s.onnx"]
    code = (
        "import sys\n"
        "from crembo_cli.commands.app import run\n"
        f"code = run({words!r})\n"
        "heavy = {'sklearn', 'matplotlib', 'jinja2', 'torch', 'distributed', 'fsspec', 'joblib'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout


def test_a_result_that_cannot_be_printed_has_a_code_of_its_own(
    tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """The student is written by then, and the line says so: exit code 4, not 2."""
    options = "--quick-report --synthetic 0 -o s.onnx --json"
    done = ran(f"$CREMBO compress {beliefs} {data} {options} > /dev/full", tmp_path)
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == (
        "crembo: standard output: the result cannot be printed; found No space left on device; "
        "the outputs of the run are written"
    )
    assert (tmp_path / "s.onnx").exists()


def test_a_summary_that_cannot_be_written_stops_the_run_before_it_begins(
    tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """Exit code 2 means that nothing is written."""
    command = f"GITHUB_STEP_SUMMARY={tmp_path}/no/file $CREMBO compress {beliefs} {data} -o s.onnx"
    done = ran(command, tmp_path)
    assert done.returncode == 2
    assert "the summary cannot be written" in done.stderr
    assert not (tmp_path / "s.onnx").exists()


@pytest.mark.parametrize(("command", "code"), [("students", 0), ("inspect none.onnx", 2)])
def test_the_exit_code_does_not_depend_on_standard_error(
    command: str, code: int, tmp_path: Path
) -> None:
    """A full disk behind standard error changes nothing, and a closed one neither."""
    for stream in ("2> /dev/full", "2>&-"):
        assert ran(f"$CREMBO {command} > /dev/null {stream}", tmp_path).returncode == code


@pytest.mark.parametrize("command", ["", "inspect none.onnx --debug"])
def test_bad_usage_has_its_code_where_nobody_reads_standard_error(
    command: str, tmp_path: Path
) -> None:
    """The help of `crembo` alone and a traceback go there; neither changes the code 2."""
    for stream in ("2> /dev/full", "2> >(true)"):
        assert ran(f"$CREMBO {command} > /dev/null {stream}", tmp_path).returncode == 2


def test_a_summary_of_scores_that_cannot_be_printed_has_the_code_4(
    tmp_path: Path, beliefs: Path, data: Path
) -> None:
    """The table is written by then, and the line says so."""
    done = ran(f"$CREMBO score {beliefs} {data} -o s.csv --json > /dev/full", tmp_path)
    assert done.returncode == 4
    assert done.stderr.endswith("No space left on device; the outputs of the run are written\n")
    assert (tmp_path / "s.csv").exists()


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("NUMBA_NUM_THREADS=0 $CREMBO students", "NUMBA_NUM_THREADS: invalid environment variable"),
        ("NUMBA_NUM_THREADS=abc $CREMBO students", "found 'abc'"),
        (
            "ulimit -v 400000; $CREMBO students",
            "ulimit -v: too little address space; found 390 MiB",
        ),
    ],
)
def test_surroundings_that_libraries_abort_on_are_refused(
    command: str, line: str, tmp_path: Path
) -> None:
    """One line and exit code 2 before any library is loaded."""
    done = ran(command, tmp_path)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_temporary_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system's error is the user's to mend: exit code 2, and what to do."""
    broken = typer.Typer()

    @broken.command()
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/scratch/spool")

    monkeypatch.setattr(border, "app", broken)
    assert border.run([]) == 2
    assert capsys.readouterr().err == (
        "crembo: /scratch/spool: no space left on the disk; free some space, or set TMPDIR to "
        "another folder\n"
    )


def test_no_temporary_folder_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever library wanted one: exit code 2, and what to do."""
    broken = typer.Typer()

    @broken.command()
    def fail() -> None:
        raise OSError("a writable cache directory is required")

    monkeypatch.setattr(border, "app", broken)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc"])
    assert border.run([]) == 2
    assert capsys.readouterr().err == (
        "crembo: no temporary folder can be written to; set TMPDIR to one that can\n"
    )
