"""Score a table: the teacher's class probabilities, one column per class, rows in their order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crembo_cli.errors import UsageError, escape_controls, suggest
from crembo_cli.files import check_output, write_together
from crembo_cli.runs.inputs import open_teacher, read_labelled, refuse_swapped
from crembo_cli.runs.options import (
    Notes,
    Progress,
    TeacherOptions,
    as_path,
    display_path,
    table_options,
)
from crembo_cli.search import defaults
from crembo_cli.student_file.levels import note_level

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The teacher's class probabilities, and where they come from."""

    frame: pd.DataFrame  # float32 (n, c), columns named by the classes
    info: dict[str, Any]  # teacher, data, output, rows, classes: as `crembo score --json`
    notes: tuple[str, ...]

    def to_csv(self) -> str:
        """The table as CSV text; the numbers read back as the same float32.

        Control characters in the names of the classes are escaped.
        """
        header = [escape_controls(str(each)) for each in self.frame.columns]
        return self.frame.to_csv(index=False, header=header, lineterminator="\n")


def score(
    teacher: object,
    data: object,
    *,
    output: str | Path | None = None,
    label: str | None = None,
    features: str | Sequence[str] | None = None,
    drop: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    number: str | Sequence[str] | None = None,
    thousands: str | None = None,
    activation: str = defaults.ACTIVATION,
    hard_labels: bool = False,
    trust_pickle: bool = False,
    teacher_timeout: float = defaults.TEACHER_TIMEOUT,
    no_clobber: bool = False,
    progress: Progress | None = None,
) -> Scores:
    """Query `teacher` about each row of `data`.

    The arguments are the options of `crembo score`, by the same names; `teacher` and `data` may
    be in memory, as in `compress`. Nothing is written unless `output` names a file.

    Raises:
        CremboError: see `crembo_cli.errors`. Nothing was written then.
    """
    notes = Notes()
    progress = notes if progress is None else progress
    refuse_swapped(data)
    path = None if output is None else Path(output)
    if path is not None:
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(
                "unsupported output format",
                where=f"--output {path}",
                found=repr(path.suffix),
                **suggest(path.suffix, SUFFIXES),
            )
        inputs = [each for each in map(as_path, (teacher, data)) if each is not None]
        check_output(path, inputs, no_clobber=no_clobber)
    progress.plan({"writes": "standard output" if path is None else str(path)})
    table = table_options(
        label, features, drop, None, missing=missing, text=text, number=number, thousands=thousands
    )
    options = TeacherOptions(
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
    )
    with closing(open_teacher(teacher, options)) as model:
        labelled = read_labelled(data, model, table, progress, labels=False)
        progress.note(model.warnings)
        progress.note(note_level(display_path(teacher), model.producer, model.metadata))
        frame = _to_frame(labelled.beliefs, [str(each) for each in model.classes])
        info = {
            "teacher": {
                "path": display_path(teacher),
                "sha256": model.sha256,
                "output_format": model.output_format,
            },
            "data": {"path": display_path(data), "sha256": labelled.table.sha256},
            "output": None if output is None else str(output),
            "rows": len(frame),
            "classes": list(model.classes),
            "classes_source": model.classes_source,
        }
    scores = Scores(frame=frame, info=info, notes=tuple(notes.sentences))
    if path is not None:
        parquet = path.suffix.lower() == ".parquet"
        content = frame.to_parquet(index=False) if parquet else scores.to_csv().encode()
        write_together({path: content})
    return scores


def _to_frame(beliefs: Any, classes: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(beliefs, columns=classes)
