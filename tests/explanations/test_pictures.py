"""Bar charts of weights, tables of rules, and the page of a student."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from crembo_cli.explanations.bars import draw_bars
from crembo_cli.explanations.formats import explain
from crembo_cli.explanations.picture import Box, Picture, Words
from crembo_cli.explanations.rules_table import draw_rules, rule_rows
from crembo_cli.explanations.web import fields_of, policy
from crembo_cli.student_file.groups import GroupCounts
from crembo_cli.student_file.metadata import ReadableStudent
from tests.explanations.test_drawing import counted
from tests.explanations.test_text import FEATURES, small_sums
from tests.students.rules.test_model import two_rules

EVIL = "</script><script>alert(1)</script>"


def texts(picture: Picture) -> list[str]:
    """The words of a picture, in order."""
    return [p.text for group in picture.groups for p in group.parts if isinstance(p, Words)]


def test_a_bar_is_what_a_standard_deviation_adds() -> None:
    """Of two classes one bar for each column: right for the second, left for the first."""
    explained = replace(small_sums(), units=(2.0, 0.0), classes=("no", "yes"))
    made = draw_bars(explained)
    assert texts(made)[:2] == ["\u2190 no", "yes \u2192"]
    assert texts(made)[2:8] == ["age", "-2.00", "age missing", "+1.75", "colour", "-0.50"]
    bars = [p for group in made.groups for p in group.parts if isinstance(p, Box)]
    assert np.allclose([bar.width for bar in bars], [210, 183.75, 52.5])
    assert made.groups[1].title == "age: yes -2"


def test_many_classes_have_a_bar_each() -> None:
    """With the legend of their colours."""
    explained = small_sums()
    student = explained.student
    three = replace(
        student, weights=np.arange(9, dtype=np.float32).reshape(3, 3), bias=np.zeros(3, np.float32)
    )
    made = draw_bars(replace(explained, student=three, classes=("a", "b", "c")))
    assert texts(made)[:3] == ["a", "b", "c"]
    assert sum(isinstance(p, Box) for group in made.groups for p in group.parts) == 3 + 9


def rules() -> ReadableStudent:
    """Two rules and the default, with their training rows."""
    return replace(
        counted(),
        student=two_rules(),
        classes=("no", "yes", "maybe"),
        groups=GroupCounts(rows=(60, 0, 40), agreed=(45, 0, 40)),
    )


def test_rules_have_support_and_precision() -> None:
    """A rule that no training row reaches has no precision; without counts there is neither."""
    rows = rule_rows(rules())
    assert [(row.support, row.precision) for row in rows] == [(60, 0.75), (0, None), (40, 1.0)]
    assert rows[0].rule.startswith("if ")
    assert rows[2].rule == "otherwise"
    found = texts(draw_rules(rules()))
    assert found[:5] == ["", "the first rule that holds decides", "class", "support", "precision"]
    assert "0.750" in found
    unknown = rule_rows(replace(rules(), groups=None))
    assert {(row.support, row.precision) for row in unknown} == {(None, None)}


@pytest.mark.parametrize("form", ["svg", "png", "html"])
def test_rules_and_weights_are_drawn(form: str) -> None:
    """The same bytes each time."""
    for explained in (rules(), small_sums()):
        assert explain(explained, form) == explain(explained, form)


def test_the_page_of_a_student_holds_no_script_of_a_name() -> None:
    """Names stand as data; the policy names the one script by its hash."""
    odd = tuple(replace(each, name=EVIL + each.name) for each in FEATURES)
    page = explain(
        replace(counted(), features=odd, name=EVIL, classes=(EVIL, "b")), "html"
    ).decode()
    assert page.count("</script>") == 1
    (script,) = re.findall(r"<body>.*?<script>(.*)</script>", page, re.DOTALL)
    assert policy([script]) in page.replace("&#39;", "'")
    assert "max_levels" not in page
    cut = explain(counted(), "html", max_levels=1).decode()
    assert cut.count("<g data-node=") == 3


def test_the_form_starts_on_the_path_of_most_rows() -> None:
    """Of a tree a value for each feature of a split, of sums the means; of rules there is none."""
    assert fields_of(counted()) == [
        {"feature": 0, "name": "age", "value": 30.5},
        {"feature": 1, "name": "colour", "value": "red"},
    ]
    few = replace(counted(), groups=GroupCounts(rows=(10, 30, 60), agreed=(0, 0, 0)))
    assert [each["value"] for each in fields_of(few)] == [33.55, "blue"]
    assert [each["value"] for each in fields_of(small_sums())] == [40.5, "red"]
    assert fields_of(rules()) == []
