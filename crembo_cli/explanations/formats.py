"""The formats in which a student is explained: a new one needs its module and an entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from crembo_cli.errors import StudentError, UsageError, list_names, suggest

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import ReadableStudent
    from crembo_cli.students.scored.weights import WeightsStudent

TREES = ("tree",)
DIALECTS = (
    "ansi",
    "postgres",
    "duckdb",
    "sqlite",
    "mysql",
    "spark",
    "bigquery",
    "snowflake",
    "clickhouse",
    "tsql",
    "oracle",
)  # of SQL; see `explanations.dialects`


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: what its files are called, which students have it, and what renders it."""

    suffix: str
    render: str  # "module:function", imported when needed: ReadableStudent -> str or bytes
    kinds: tuple[str, ...] | None = None  # see `OptionalStudent.kind`; None: every student
    curves: str = ""  # as `render`, for sums of curves, which are of the kind "weights" too
    code: bool = False  # whether it is written from the student's program
    options: tuple[str, ...] = ()  # the keyword arguments of `render`

    def supports(self, explained: ReadableStudent) -> bool:
        """Return whether that student has this format."""
        from crembo_cli.students.capabilities import kind_of, program_of

        if self.code:
            return program_of(explained.student, explained.features) is not None
        if self.kinds is None:
            return True
        if _has_curves(explained):
            return bool(self.curves)
        return kind_of(explained.student) in self.kinds

    def renderer(self, explained: ReadableStudent) -> str:
        """Return what renders that student, as `render`."""
        return self.curves if self.curves and _has_curves(explained) else self.render


def _has_curves(explained: ReadableStudent) -> bool:
    from crembo_cli.students.capabilities import kind_of

    if kind_of(explained.student) != "weights":
        return False
    return cast("WeightsStudent", explained.student).columns.ramps is not None


FORMATS = {
    "text": Format(suffix=".txt", render="crembo_cli.explanations.text:text_of"),
    "svg": Format(
        suffix=".svg",
        render="crembo_cli.explanations.drawing:tree_as_svg",
        kinds=TREES,
        curves="crembo_cli.explanations.curves:curves_as_svg",
    ),
    "png": Format(
        suffix=".png",
        render="crembo_cli.explanations.drawing:tree_as_png",
        kinds=TREES,
        curves="crembo_cli.explanations.curves:curves_as_png",
    ),
    "dot": Format(suffix=".dot", render="crembo_cli.explanations.dot:dot_of", kinds=TREES),
    "sql": Format(
        suffix=".sql",
        render="crembo_cli.explanations.sql:sql_of",
        code=True,
        options=("class_", "dialect", "table", "keep"),
    ),
    "python": Format(suffix=".py", render="crembo_cli.explanations.python:python_of", code=True),
    "js": Format(
        suffix=".js", render="crembo_cli.explanations.javascript:javascript_of", code=True
    ),
    "c": Format(
        suffix=".c", render="crembo_cli.explanations.c:c_of", code=True, options=("prefix",)
    ),
    "h": Format(
        suffix=".h", render="crembo_cli.explanations.c:header_of", code=True, options=("prefix",)
    ),
    "json": Format(suffix=".json", render="crembo_cli.explanations.text:json_of"),
}


def format_of_suffix(suffix: str) -> str:
    """Return the name of the format of files with `suffix`. Raises UsageError if there is none."""
    for name, each in FORMATS.items():
        if each.suffix == suffix.lower():
            return name
    raise UsageError(
        "unsupported output format",
        where="--output",
        found=repr(suffix),
        **suggest(
            suffix,
            [each.suffix for each in FORMATS.values()],
            "--format sets the format of a file with another name",
        ),
    )


def explain(explained: ReadableStudent, name: str, **options: Any) -> bytes:
    """Return the student in the format `name` of FORMATS, as the bytes of a file.

    `options` are those of the command line that are not None. Raises UsageError for one that the
    format does not have, StudentError if that student does not have the format.
    """
    wanted = FORMATS[name]
    for option in options:
        if option not in wanted.options:
            raise UsageError(
                "unsupported option for this format",
                where=f"--{option.rstrip('_')}",
                found=f"--format {name}",
                wanted=" or ".join(
                    f"--format {key}" for key, each in FORMATS.items() if option in each.options
                ),
            )
    if not wanted.supports(explained):
        raise StudentError(
            "unsupported format for this student",
            where=explained.name,
            found=f"--format {name}",
            wanted=list_names([key for key, each in FORMATS.items() if each.supports(explained)]),
        )
    module, function = wanted.renderer(explained).split(":")
    render: Callable[..., str | bytes] = getattr(import_module(module), function)
    content = render(explained, **options)
    if isinstance(content, str):
        return content.encode("utf-8", "surrogateescape")
    return content
