"""The formats in which a student is explained, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crembo_cli.errors import StudentError, UsageError

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import ReadableStudent
    from crembo_cli.students.tree.model import Tree

MOST_LEAVES = 512  # a drawing of more would be yards long


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form."""

    suffix: str  # of its files
    draws: bool = False  # whether it shows a tree, which a weighted sum is none of


FORMS = {
    "text": Form(suffix=".txt"),
    "svg": Form(suffix=".svg", draws=True),
    "png": Form(suffix=".png", draws=True),
    "dot": Form(suffix=".dot", draws=True),
    "sql": Form(suffix=".sql"),
    "python": Form(suffix=".py"),
    "c": Form(suffix=".c"),
    "json": Form(suffix=".json"),
}


def form_of(suffix: str) -> str:
    """The form that files with `suffix` hold. Raises UsageError where there is none."""
    for name, form in FORMS.items():
        if form.suffix == suffix.lower():
            return name
    raise UsageError(
        "a student is not explained in such a file",
        where="--output",
        found=repr(suffix),
        wanted=" or ".join(form.suffix for form in FORMS.values()),
        hint="--format says which form it shall have",
    )


def explain(explained: ReadableStudent, form: str) -> bytes:
    """The student in a form of FORMS, as the bytes of a file.

    Raises StudentError where that student has no such form.
    """
    from crembo_cli.students.tree.model import Tree

    student = explained.student
    if FORMS[form].draws:
        if not isinstance(student, Tree):
            raise StudentError(
                "weighted sums have no tree to draw",
                where=explained.name,
                found=f"--format {form}",
                wanted=" or ".join(name for name, each in FORMS.items() if not each.draws),
            )
        return _drawn(explained, student, form)
    return _texts()[form](explained).encode("utf-8", "surrogateescape")


def _texts() -> dict[str, Callable[[ReadableStudent], str]]:
    from crembo_cli.explain.c import c_of
    from crembo_cli.explain.json import json_of
    from crembo_cli.explain.python import python_of
    from crembo_cli.explain.sql import sql_of
    from crembo_cli.explain.text import text_of

    return {"text": text_of, "sql": sql_of, "python": python_of, "c": c_of, "json": json_of}


def _drawn(explained: ReadableStudent, tree: Tree, form: str) -> bytes:
    if form == "dot":
        from crembo_cli.explain.dot import dot_of

        return dot_of(explained, tree).encode("utf-8", "surrogateescape")
    leaves = tree.size()["leaves"]
    if leaves > MOST_LEAVES:
        raise StudentError(
            "the tree is too large to draw",
            where=explained.name,
            found=f"{leaves} leaves",
            wanted=f"{MOST_LEAVES} at most",
            hint="--format text, or dot for a drawing program",
        )
    from crembo_cli.explain.drawing import draw_tree
    from crembo_cli.explain.figure import ON_WHITE, png_of, svg_of

    figure = draw_tree(explained, tree, ON_WHITE)
    return png_of(figure) if form == "png" else svg_of(figure, "tree").encode()
