"""Score a table: the teacher's class probabilities, one column per class, rows in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from crembo_cli.addresses import input_copies
from crembo_cli.dataset.notes import list_notes
from crembo_cli.files import keep_files, write_folder
from crembo_cli.runs.features import read_features
from crembo_cli.runs.inputs import open_teacher, refuse_swapped, use_workers
from crembo_cli.runs.labelling import match_inputs, refuse_lone_class
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
from crembo_cli.runs.querying import RowsDone
from crembo_cli.runs.score_files import (
    check_scores_output,
    is_folder,
    to_csv,
    write_part,
    write_scores,
)
from crembo_cli.search import defaults
from crembo_cli.student_file.form import note_level

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.dataset.columns import Columns
    from crembo_cli.dataset.table import Table
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The teacher's class probabilities, and where they come from."""

    info: dict[str, Any]  # teacher, data, output, rows, classes: as `crembo score --json`
    notes: tuple[str, ...]
    path: Path | None  # of the output, a file or a folder
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
        csv = self.path.suffix.lower() == ".csv" and self.path.is_file()
        found = pd.read_csv(self.path, dtype=np.float32) if csv else pd.read_parquet(self.path)
        return found.set_axis(classes, axis=1)

    def to_csv(self) -> str:
        """The table as CSV text; the numbers read back as the same float32.

        Control characters in the names of the classes are escaped.
        """
        return to_csv(self.frame, header=True)


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
    dask: str | None = None,
    no_clobber: bool = False,
    progress: Progress | None = None,
) -> Scores:
    """Query `teacher` about each row of `data`.

    The arguments are the options of `crembo score`, by the same names; `teacher` and `data` may
    be in memory, as in `compress`. Nothing is written unless `output` names a file, or a folder
    by a text that ends in a slash.

    Raises:
        CremboError: see `crembo_cli.errors`. Nothing was written then.
    """
    notes = Notes()
    progress = notes if progress is None else progress
    refuse_swapped(data)
    path = None if output is None else Path(output)
    if output is not None:
        inputs = [each for each in map(as_path, (teacher, data)) if each is not None]
        check_scores_output(output, inputs, no_clobber=no_clobber)
    progress.plan({"writes": "standard output" if output is None else str(output)})
    table = table_options(
        label, features, drop, None, missing=missing, text=text, number=number, thousands=thousands
    )
    options = TeacherOptions(
        activation=activation,
        hard_labels=hard_labels,
        trust_pickle=trust_pickle,
        teacher_timeout=teacher_timeout,
    )
    with (
        use_workers(dask, (teacher, data), progress),
        closing(open_teacher(teacher, options, count_threads(jobs))) as model,
    ):
        progress.stage(f"reading {display_path(data)}", 0)
        blocks = read_features(data, model, table, None)
        parts: tuple[pd.DataFrame, ...] = ()
        if output is None or path is None:
            parts = tuple(_query(blocks, model, table, progress, _frame))
        elif is_folder(output):
            with write_folder(path) as folder:
                part = partial(write_part, folder, str(output))
                keep_files(folder, set(_query(blocks, model, table, progress, part)))
        else:
            write_scores(path, _query(blocks, model, table, progress, _frame))
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


Made = TypeVar("Made")
# What is made of the probabilities of a block, columns named by the classes, and its first row.
Make = Callable[["pd.DataFrame", int], Made]


def _frame(frame: pd.DataFrame, first_row: int) -> pd.DataFrame:
    del first_row
    return frame


def _query(
    blocks: Blocks, teacher: Teacher, options: TableOptions, progress: Progress, make: Make[Made]
) -> Iterator[Made]:
    """Generate what `make` makes of each block; workers do it, where there are some.

    The first block fixes how the teacher's outputs are read, and is the one that notes are about.
    """
    inputs = match_inputs(blocks, teacher, options, labels=False)
    progress.plan(describe_inputs(blocks, inputs.columns, teacher), ready=True)
    stage = progress.stage(f"querying {teacher.name} about {blocks.rows:,} rows", blocks.rows)
    if blocks.whole:
        progress.note(list_notes(blocks.head, inputs.columns))
    query = partial(_query_block, inputs.columns, teacher, RowsDone(stage))
    rows = 0
    made_of = inputs.blocks.each_then(query, partial(_make, make), learns=True)
    for made, count, notes in made_of:
        progress.note([] if blocks.whole else notes)
        rows += count
        stage(rows)
        yield made


def _query_block(
    columns: Columns, teacher: Teacher, done: RowsDone, block: Table
) -> tuple[pd.DataFrame, int, list[str]]:
    """Return the probabilities of a block, its first row, and of the first one notes on columns."""
    import pandas as pd

    beliefs = teacher.beliefs(block.frame[list(columns.features)], done.after(block.first_row))
    refuse_lone_class(beliefs, teacher)
    frame = pd.DataFrame(beliefs, columns=[str(each) for each in teacher.classes])
    notes = [] if block.first_row else list_notes(block, columns)
    return frame, block.first_row, notes


def _make(
    make: Make[Made], found: tuple[pd.DataFrame, int, list[str]]
) -> tuple[Made, int, list[str]]:
    """Return what `make` makes of the probabilities of a block, its rows, and the notes."""
    frame, first_row, notes = found
    return make(frame, first_row), len(frame), notes
