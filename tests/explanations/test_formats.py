"""The formats by name, and which student has which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crembo_cli.errors import StudentError, UsageError
from crembo_cli.explanations import dialects
from crembo_cli.explanations.drawing import tree_as_svg
from crembo_cli.explanations.formats import DIALECTS, FORMATS, explain, format_of_suffix
from tests.explanations.edge_rows import Case
from tests.explanations.test_curves import additive
from tests.explanations.test_text import FEATURES, small_sums, small_tree


def test_a_tree_has_every_format() -> None:
    """None is empty, and no two are the same."""
    assert len({explain(small_tree(), name) for name in FORMATS} - {b""}) == len(FORMATS)


def test_a_linear_student_has_every_format_but_dot() -> None:
    """The refusal lists the formats that it has."""
    wanted = "wanted one of text, svg, png, html, sql, python, js, c, h, json"
    for name in FORMATS:
        if name != "dot":
            assert explain(small_sums(), name)
            continue
        with pytest.raises(StudentError, match=wanted) as e:
            explain(small_sums(), name)
        assert f"unsupported format for this student; found --format {name}" in str(e.value)


def test_curves_have_every_format_but_dot() -> None:
    """Drawings of their own, and the code of their program."""
    for name in FORMATS:
        if name == "dot":
            with pytest.raises(StudentError, match="unsupported format for this student"):
                explain(additive(), name)
        else:
            assert explain(additive(), name) == explain(additive(), name)


class Plain:
    """A student of a plugin without any optional part."""

    def describe(self, features: object, classes: object) -> str:
        """A line."""
        return "plain"


def test_a_student_without_a_program_has_no_code() -> None:
    """A plugin's student need not be one; text and JSON are left."""
    plain = replace(small_tree(), student=Plain())  # type: ignore[arg-type]  # enough for text
    assert explain(plain, "text") == b"plain\n"
    with pytest.raises(StudentError, match=r"wanted text or json$"):
        explain(plain, "python")


def test_a_suffix_names_one_format() -> None:
    """In capitals too; another suffix is refused."""
    found = [format_of_suffix(each.suffix.upper()) for each in FORMATS.values()]
    assert found == list(FORMATS)
    with pytest.raises(
        UsageError, match=r"unsupported output format; found ..pdf.; wanted one of .txt"
    ):
        format_of_suffix(".pdf")


def test_a_tree_that_is_too_large_is_not_drawn() -> None:
    """The message names other formats."""
    with pytest.raises(
        StudentError, match="found 3 leaves; wanted at most 2; use --max-levels, --format text"
    ):
        tree_as_svg(small_tree(), most_leaves=2)


def test_text_is_utf_8() -> None:
    """Names keep their letters; Python is ASCII, whatever the names are."""
    features = (replace(FEATURES[0], name="città"), FEATURES[1])
    named = replace(small_tree(), name="ü.onnx", features=features)
    for name in ("text", "sql", "dot"):
        assert "città".encode() in explain(named, name)
    assert explain(named, "python").isascii()


def test_an_option_is_for_some_formats(case: Case) -> None:
    """Another format, and a class that the student does not have, are refused."""
    with pytest.raises(UsageError, match=r"--class: unsupported option.*found --format text"):
        explain(case.explained, "text", class_="a")
    with pytest.raises(UsageError, match=r"--prefix.*wanted --format c or --format h"):
        explain(case.explained, "sql", prefix="a")
    with pytest.raises(UsageError, match="unknown class"):
        explain(case.explained, "sql", class_="a")


def test_the_dialects_are_those_of_sql() -> None:
    """The help names them without importing what writes them."""
    assert tuple(dialects.DIALECTS) == DIALECTS


def test_only_drawn_trees_take_levels() -> None:
    """Text has all of them, and curves have none."""
    for explained, name in ((small_tree(), "text"), (additive(), "svg")):
        with pytest.raises(UsageError, match="--max-levels: unsupported option"):
            explain(explained, name, max_levels=2)
