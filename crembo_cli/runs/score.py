"""Score a table: the teacher's class probabilities, one column per class, rows in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.addresses import input_copies
from crembo_cli.dataset.notes import list_notes
from crembo_cli.errors import UsageError, escape_controls, suggest
from crembo_cli.files import check_output, write_in_parts
from crembo_cli.runs.features import read_features
from crembo_cli.runs.inputs import open_teacher, refuse_swapped
from crembo_cli.runs.labelling import from_row, match_inputs, refuse_lone_class
from crembo_cli.runs.options import (
    Notes,
    Progress,
    TableOptions,
    TeacherOptions,
    as_path,
    count_threads,
    display_path,
    table_options,
)
from crembo_cli.runs.plan import describe_inputs
from crembo_cli.search import defaults
from crembo_cli.student_file.levels import note_level

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.teachers.contract import Teacher

SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The teacher's class probabilities, and where they come from."""

    info: dict[str, Any]  # teacher, data, output, rows, classes: as `crembo score --json`
    notes: tuple[str, ...]
    path: Path | None  # of the output
    parts: tuple[pd.DataFrame, ...]  # of the frame; () with an output, which holds them

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The probabilities, float32 (n, c), columns named by the classes.

        With an output, they are read from it.
        """
        import pandas as pd

        classes = [str(each) for each in self.info["classes"]]
        if self.path is None:
            return pd.concat(self.parts, ignore_index=True)
        parquet = self.path.suffix.lower() == ".parquet"
        found = pd.read_parquet(self.path) if parquet else pd.read_csv(self.path, dtype=np.float32)
        return found.set_axis(classes, axis=1)

    def to_csv(self) -> str:
        """The table as CSV text; the numbers read back as the same float32.

        Control characters in the names of the classes are escaped.
        """
        return _to_csv(self.frame, header=True)


@input_copies()
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
    jobs: int | None = None,
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
    with closing(open_teacher(teacher, options, count_threads(jobs))) as model:
        progress.stage(f"reading {display_path(data)}", 0)
        blocks = read_features(data, model, table, None)
        answers = _query(blocks, model, table, progress)
        parts = tuple(answers) if path is None else ()
        if path is not None:
            _write(path, answers)
        progress.note(model.warnings)
        progress.note(note_level(display_path(teacher), model.producer, model.metadata))
        info = {
            "teacher": {
                "path": display_path(teacher),
                "sha256": model.sha256,
                "output_format": model.output_format,
            },
            "data": {"path": display_path(data), "sha256": blocks.head.sha256},
            "output": None if output is None else str(output),
            "rows": blocks.rows,
            "classes": list(model.classes),
            "classes_source": model.classes_source,
        }
    return Scores(info=info, notes=tuple(notes.sentences), path=path, parts=parts)


def _query(
    blocks: Blocks, teacher: Teacher, options: TableOptions, progress: Progress
) -> Iterator[pd.DataFrame]:
    """Generate the probabilities of the rows of each block, columns named by the classes.

    The first block fixes how the teacher's outputs are read, and is the one that notes are about.
    """
    import pandas as pd

    inputs = match_inputs(blocks, teacher, options, labels=False)
    progress.plan(describe_inputs(blocks, inputs.columns, teacher), ready=True)
    stage = progress.stage(f"querying {teacher.name} about {blocks.rows:,} rows", blocks.rows)
    for block in inputs.blocks.generate():
        beliefs = teacher.beliefs(inputs.features(block), from_row(block.first_row, stage))
        refuse_lone_class(beliefs, teacher)
        if block.first_row == 0:
            progress.note(list_notes(blocks.head if blocks.whole else block, inputs.columns))
        yield pd.DataFrame(beliefs, columns=[str(each) for each in teacher.classes])


def _write(path: Path, tables: Iterator[pd.DataFrame]) -> None:
    """Write `tables` below each other as they come; on an error nothing is written."""
    first = next(tables)
    with write_in_parts(path) as file:
        if path.suffix.lower() == ".csv":
            for number, frame in enumerate(chain([first], tables)):
                file.write(_to_csv(frame, header=number == 0).encode())
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.Schema.from_pandas(first, preserve_index=False)
        with pq.ParquetWriter(file, schema) as writer:
            for frame in chain([first], tables):
                writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def _to_csv(frame: pd.DataFrame, *, header: bool) -> str:
    names = [escape_controls(str(each)) for each in frame.columns] if header else False
    return frame.to_csv(index=False, header=names, lineterminator="\n")
