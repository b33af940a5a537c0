"""The options and the output paths that runs share, by the command line's names, checked."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crembo_cli.dataset.spellings import SEPARATORS
from crembo_cli.errors import UsageError, list_names, suggest
from crembo_cli.files import check_output
from crembo_cli.report.formats import RENDERERS, STEP_RENDERERS, file_suffixes, render
from crembo_cli.runs.image_shape import parse_image_shape
from crembo_cli.search import defaults
from crembo_cli.threads import available_cores

if TYPE_CHECKING:
    from crembo_cli.core.image_shape import ImageShape
    from crembo_cli.report.compare.model import CompareReport
    from crembo_cli.report.model import Report
    from crembo_cli.student_file.form import FileForm

ACTIVATIONS = ("auto", "none", "softmax", "sigmoid")
MAX_ROWS = 10_000_000  # so that a typing error does not fill the memory


class Progress(Protocol):
    """Where a run reports what it does."""

    def note(self, sentences: Sequence[str]) -> None:
        """Notes for the user; each is a whole sentence."""
        ...

    def stage(self, name: str, steps: int) -> Callable[[int], None]:
        """Begin a stage of `steps` steps (0: unknown); call the result with the steps done."""
        ...

    def plan(self, lines: Mapping[str, str], *, ready: bool = False) -> None:
        """What the run will do; `ready` when all that needs no teacher's answer is checked."""
        ...


class Notes:
    """Collect the notes of a run and report no progress."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def note(self, sentences: Sequence[str]) -> None:
        """Keep `sentences`."""
        self.sentences += sentences

    def stage(self, name: str, steps: int) -> Callable[[int], None]:
        """Report nothing."""
        del name, steps
        return lambda done: None

    def plan(self, lines: Mapping[str, str], *, ready: bool = False) -> None:
        """Keep nothing."""
        del lines, ready


@dataclass(frozen=True, kw_only=True)
class TeacherOptions:
    """How the teacher is loaded and its answers interpreted."""

    activation: str = defaults.ACTIVATION
    hard_labels: bool = False
    trust_pickle: bool = False
    teacher_timeout: float = defaults.TEACHER_TIMEOUT  # seconds

    def __post_init__(self) -> None:
        check_choice("--activation", self.activation, ACTIVATIONS)


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """Which columns of the table are the label and the features."""

    label: str | None = None
    features: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    classes: tuple[str, ...] | None = None  # names of the teacher's classes, in order
    missing: tuple[str, ...] = ()  # further spellings of a missing feature
    text: tuple[str, ...] = ()  # features that hold text, whatever the teacher knows
    number: tuple[str, ...] = ()  # features that hold numbers, whatever the teacher knows
    thousands: str | None = None  # one of SEPARATORS
    image_shape: ImageShape | None = None  # of the images that the rows are

    def __post_init__(self) -> None:
        if self.thousands is not None:
            check_choice("--thousands", self.thousands, SEPARATORS)
        both = sorted(set(self.text) & set(self.number))
        if both:
            raise UsageError(f"{both[0]!r} is both --text and --number")


def table_options(
    label: str | None,
    features: str | Sequence[str] | None,
    drop: str | Sequence[str] | None,
    classes: str | Sequence[str] | None,
    *,
    missing: str | Sequence[str] | None,
    text: str | Sequence[str] | None,
    number: str | Sequence[str] | None,
    thousands: str | None,
    image_shape: str | Sequence[int] | None = None,
) -> TableOptions:
    """The options from texts such as "A,B" or from sequences of names. Raises UsageError."""
    return TableOptions(
        label=label,
        features=parse_names("--features", features),
        drop=parse_names("--drop", drop) or (),
        classes=parse_names("--classes", classes),
        missing=parse_names("--missing", missing) or (),
        text=parse_names("--text", text) or (),
        number=parse_names("--number", number) or (),
        thousands=thousands,
        image_shape=parse_image_shape(image_shape),
    )


def parse_names(option: str, value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """The names in `value`, a sequence or comma-separated text; None where it is None.

    In text, a name with a comma is written in double quotes, as in a CSV file. Raises UsageError
    for an empty or repeated name.
    """
    if value is None:
        return None
    names = (
        next(csv.reader([value], skipinitialspace=True), []) if isinstance(value, str) else value
    )
    found = tuple(name.strip() for name in names)
    if not found or not all(found):
        raise UsageError("empty name", where=f"{option} {value!r}", wanted="A,B,C")
    twice = next((name for name in found if found.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice!r} is named twice", where=f"{option} {value!r}")
    return found


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Raise UsageError unless `value` is one of `choices`."""
    if value not in choices:
        raise UsageError(
            "invalid choice", where=option, found=repr(value), **suggest(value, choices)
        )


def refuse_both(option: str, others: Mapping[str, object]) -> None:
    """Raise UsageError for the first of `others`, option to value, that is given (not None)."""
    for other, value in others.items():
        if value is not None:
            raise UsageError(
                f"not available with {option}",
                where=f"{other} {value}",
                hint="use one of the two options",
            )


def check_range(option: str, value: float, low: float, high: float) -> None:
    """Raise UsageError unless `value` lies in [low, high]; NaN never does."""
    if not low <= value <= high:
        raise UsageError(
            "out of range", where=option, found=f"{value:g}", wanted=f"{low:g} to {high:g}"
        )


def parse_synthetic(value: str | int) -> int | None:
    """The number of synthetic rows, or None for "auto". Raises UsageError."""
    text = str(value)
    if text == "auto":
        return None
    if not re.fullmatch("[0-9]{1,8}", text) or int(text) > MAX_ROWS:
        raise UsageError(
            "invalid number of rows",
            where="--synthetic",
            found=repr(value),
            wanted=f"auto, or a whole number from 0 to {MAX_ROWS}",
        )
    return int(text)


def parse_settings(settings: Mapping[str, object] | Sequence[str] | None) -> dict[str, str]:
    """The family's options as texts, from a mapping or from texts "KEY=VALUE".

    Raises UsageError.
    """
    if isinstance(settings, Mapping):
        return {key: str(value) for key, value in settings.items()}
    found: dict[str, str] = {}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not (key and equals):
            raise UsageError("invalid setting", where=f"--set {setting!r}", wanted="KEY=VALUE")
        if key in found:
            raise UsageError(f"{key} is set twice", where=f"--set {setting!r}")
        found[key] = value
    return found


def count_threads(jobs: int | None) -> int:
    """The number of threads: `jobs`, or one for each core that this process may use."""
    if jobs is not None:
        check_range("--jobs", jobs, 1, 256)
        return jobs
    return available_cores()


def display_path(value: object) -> str:
    """What messages and the report call an input: its path, or its type where it has none."""
    if isinstance(value, str | Path):
        return str(value)
    kind = type(value)
    return (
        getattr(value, "__qualname__", None) or f"{kind.__module__.split('.')[0]}.{kind.__name__}"
    )


def as_path(value: object) -> Path | None:
    """The path of an input, for the check of outputs; None for in-memory objects and "-"."""
    return Path(value) if isinstance(value, str | Path) and str(value) != "-" else None


def check_outputs(
    student: Path | None,
    reports: Sequence[Path],
    inputs: Sequence[Path | None],
    *,
    no_clobber: bool = False,
    steps: bool = False,
    renderers: Mapping[str, str] = RENDERERS,
) -> None:
    """Refuse output paths that cannot be written, before a long run.

    `student` is None where none is written. `inputs` are the paths that the run reads, None
    for inputs in memory. `steps`: whether the run has steps to report. `renderers` are those of its
    report. Raises UsageError for an unsupported format and for a repeated path, OutputError as
    `check_output`.
    """
    files = [path for path in inputs if path is not None]
    if student is not None:
        _check_suffix("--output", student, (".onnx",))
    for path in reports:
        known = (*file_suffixes(renderers), *(STEP_RENDERERS if steps else ()))
        _check_suffix("--report", path, known)
    outputs = [*([] if student is None else [student]), *reports]
    for number, path in enumerate(outputs):
        check_output(path, files, no_clobber=no_clobber)
        if path.resolve() in [other.resolve() for other in outputs[:number]]:
            raise UsageError("two outputs have the same path", where=str(path))


def _check_suffix(option: str, path: Path, suffixes: Sequence[str]) -> None:
    if path.suffix.lower() not in suffixes:
        near = suggest(path.suffix, suffixes).get("hint")
        raise UsageError(
            "unsupported output format",
            where=option,
            found=repr(str(path)),
            wanted=None if near else f"a path that ends in {list_names(suffixes)}",
            hint=near,
        )


def report_files(report: Report | CompareReport, paths: Sequence[Path]) -> dict[Path, bytes]:
    """Render the report for each of `paths`, in the format of its suffix."""
    return {path: render_bytes(report, path.suffix.lower()) for path in paths}


def render_bytes(report: Report | CompareReport, suffix: str) -> bytes:
    """Render the report in the format of files with `suffix`, as UTF-8."""
    # A path may hold bytes that are not UTF-8; HTML and Markdown show a question mark for them.
    return render(report, suffix).encode(errors="replace")


def file_form(*, outputs: str, metadata: str, portable: bool) -> FileForm:
    """The form of the student's file. Raises UsageError."""
    from crembo_cli.student_file.form import FileForm
    from crembo_cli.student_file.outputs import ZIPMAP

    check_choice("--outputs", outputs, defaults.OUTPUT_FORMS)
    check_choice("--metadata", metadata, defaults.METADATA_LEVELS)
    if portable and outputs == ZIPMAP:
        refuse_both("--portable", {"--outputs": outputs})
    return FileForm(outputs=outputs, metadata=metadata, portable=portable)
