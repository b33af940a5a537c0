"""What a run will do, in words, for `--dry-run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.dataset.columns import Columns, format_list

if TYPE_CHECKING:
    from crembo_cli.dataset.blocks import Blocks
    from crembo_cli.runs.rows import SplitOptions
    from crembo_cli.runs.select import StudentRequest
    from crembo_cli.search.student import Search
    from crembo_cli.teachers.contract import Teacher


def describe_plan(
    request: StudentRequest,
    search: Search,
    split: SplitOptions,
    outputs: Sequence[Path | None],
) -> dict[str, str]:
    """The students to fit, the search, the test rows and the files of `compress`."""
    names = [each.name() for each in request.candidates]
    count = "" if len(names) == 1 else f"the best of {len(names)}: "
    synthetic = "auto" if search.synthetic is None else f"{search.synthetic:,}"
    shares = f"{split.shares()[0]:.0%} of the rows"
    if split.rows.every:
        shares += ", and all others that are not fitted on"
    elif split.rows.test is not None:
        shares += f", at most {split.rows.test:,}"
    return {
        "student": count + ", ".join(names),
        "search": f"{search.algorithm} for {search.objective}, synthetic rows {synthetic}, "
        f"seed {search.seed}",
        "queried": split.words(),
        "tested on": shares if split.test_data is None else str(split.test_data),
        "writes": list_paths(outputs),
    }


def describe_inputs(blocks: Blocks, columns: Columns, teacher: Teacher) -> dict[str, str]:
    """The teacher, the table, and what its columns are."""
    classes = format_list(teacher.classes) if teacher.classes else "named by its first answer"
    return {
        "queries": f"{teacher.name}, {teacher.format}; classes {classes}",
        "table": f"{blocks.head.name}, {blocks.rows:,} rows",
        "label": "none" if columns.label is None else columns.label,
        "features": format_list(columns.features),
        "ignored": format_list(columns.extra) or "none",
    }


def list_paths(paths: Sequence[Path | None]) -> str:
    """The files that will be written."""
    return ", ".join(str(each) for each in paths if each is not None) or "no file"
