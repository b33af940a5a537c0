"""The formats in which a student is explained: a new one needs its module and an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from crembo_cli.errors import StudentError, UsageError, list_names, suggest

if TYPE_CHECKING:
    from crembo_cli.student_file.metadata import ReadableStudent
    from crembo_cli.students.scored.weights import WeightsStudent

HERE = "crembo_cli.explanations."
TREE, LINEAR, CURVES, RULES = "tree", "linear", "curves", "rules"  # see `form_of`
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
    """One format: what its files are called, which students have it, and what renders it.

    What renders it is "module:function" in this folder, imported when needed, which takes a
    ReadableStudent and returns text or bytes.
    """

    suffix: str
    by_form: Mapping[str, str] = field(default_factory=dict)  # what renders a form; see `form_of`
    otherwise: str = ""  # what renders all other students; "": they do not have this format
    code: bool = False  # whether it is written from the student's program
    options: tuple[str, ...] = ()  # the keyword arguments of what renders it

    def renderer(self, explained: ReadableStudent) -> str:
        """Return what renders that student, "" if it does not have this format."""
        from crembo_cli.students.capabilities import program_of

        if self.code and program_of(explained.student, explained.features) is None:
            return ""
        return self.by_form.get(form_of(explained), self.otherwise)


def form_of(explained: ReadableStudent) -> str:
    """Return the kind of the student; of weighted sums LINEAR, or CURVES if they are of curves."""
    from crembo_cli.students.capabilities import kind_of

    kind = kind_of(explained.student)
    if kind != "weights":
        return kind
    return LINEAR if cast("WeightsStudent", explained.student).columns.ramps is None else CURVES


FORMATS = {
    "text": Format(suffix=".txt", otherwise="text:text_of"),
    "svg": Format(
        suffix=".svg",
        by_form={
            TREE: "drawing:tree_as_svg",
            CURVES: "curves:curves_as_svg",
            LINEAR: "bars:bars_as_svg",
            RULES: "rules_table:rules_as_svg",
        },
        options=("max_levels",),
    ),
    "png": Format(
        suffix=".png",
        by_form={
            TREE: "drawing:tree_as_png",
            CURVES: "curves:curves_as_png",
            LINEAR: "bars:bars_as_png",
            RULES: "rules_table:rules_as_png",
        },
        options=("max_levels",),
    ),
    "html": Format(
        suffix=".html",
        by_form=dict.fromkeys((TREE, CURVES, LINEAR, RULES), "page:page_of"),
        options=("max_levels",),
    ),
    "dot": Format(suffix=".dot", by_form={TREE: "dot:dot_of"}),
    "sql": Format(
        suffix=".sql",
        otherwise="sql:sql_of",
        code=True,
        options=("class_", "dialect", "table", "keep"),
    ),
    "python": Format(suffix=".py", otherwise="python:python_of", code=True),
    "js": Format(suffix=".js", otherwise="javascript:javascript_of", code=True),
    "c": Format(suffix=".c", otherwise="c:c_of", code=True, options=("prefix",)),
    "h": Format(suffix=".h", otherwise="c:header_of", code=True, options=("prefix",)),
    "json": Format(suffix=".json", otherwise="text:json_of"),
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
                where=f"--{option.rstrip('_').replace('_', '-')}",
                found=f"--format {name}",
                wanted=" or ".join(
                    f"--format {key}" for key, each in FORMATS.items() if option in each.options
                ),
            )
    renderer = wanted.renderer(explained)
    if not renderer:
        raise StudentError(
            "unsupported format for this student",
            where=explained.name,
            found=f"--format {name}",
            wanted=list_names([key for key, each in FORMATS.items() if each.renderer(explained)]),
        )
    if "max_levels" in options and form_of(explained) != TREE:
        raise UsageError(
            "unsupported option for this student",
            where="--max-levels",
            found=explained.name,
            wanted="a tree",
        )
    module, function = renderer.split(":")
    render: Callable[..., str | bytes] = getattr(import_module(HERE + module), function)
    content = render(explained, **options)
    if isinstance(content, str):
        return content.encode("utf-8", "surrogateescape")
    return content
