"""The drawn curves of an additive student."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from crembo_cli.errors import StudentError
from crembo_cli.explanations.curves import (
    MOST_CURVES,
    curves_as_svg,
    density_of,
    draw_curves,
    one_sided,
)
from crembo_cli.explanations.figure import ON_WHITE, svg_of
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature, Task
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.tables import tables_of
from crembo_cli.students.scored.text import curves_of
from crembo_cli.students.scored.weights import WeightsStudent

AGE, CITY, FLAT = (
    Feature(name="age <&> $b$", missing=True),
    Feature(name="city", categories=("Bonn", "Rome", "a city of a very long name")),
    Feature(name="flat"),
)


def additive(pairs: int = 0) -> ReadableStudent:
    """Two classes that follow a number with holes and a category; a third feature is constant."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=400), rng.integers(0, 3, 400), np.zeros(400)])
    rows[:40, 0] = np.nan
    score = np.nan_to_num(rows[:, 0], nan=1.0) + np.array([-1, 2, 0])[rows[:, 1].astype(int)]
    yes = 1 / (1 + np.exp(-2 * score))
    beliefs = np.column_stack([1 - yes, yes]).astype(np.float32)
    cells = rows.astype(np.float32)
    task = Task(
        rows=cells,
        beliefs=beliefs,
        validation_rows=cells[:0],
        validation_beliefs=beliefs[:0],
        categories=(0, 3, 0),
    )
    learner = AdditiveFamily(knots=4, pairs=pairs).learner(task)
    student = learner.finish(learner.fit(beliefs))
    return ReadableStudent(
        name="s.onnx",
        student=student,
        features=(AGE, CITY, FLAT),
        classes=("no", "yes"),
        missing_texts=(),
    )


def three_classes(made: ReadableStudent) -> ReadableStudent:
    """The same with a third class, whose scores are all 0."""
    student = made.student
    assert isinstance(student, WeightsStudent)
    wider = replace(
        student,
        weights=np.pad(student.weights, ((0, 0), (0, 1))),
        bias=np.pad(student.bias, (0, 1)),
    )
    return replace(made, student=wider, classes=("no", "yes", "may$be$"))


def panels(explained: ReadableStudent) -> list[str]:
    """The texts of the drawing that are no numbers, as a reader sees them."""
    assert isinstance(explained.student, WeightsStudent)
    figure = draw_curves(explained, explained.student, ON_WHITE)
    assert figure is not None
    svg = ElementTree.fromstring(svg_of(figure, "curves"))
    texts = ["".join(each.itertext()) for each in svg.iter() if each.tag.endswith("}text")]
    return [text for text in texts if text.strip("0123456789.\u2212")]


def test_every_feature_that_matters_has_a_plot() -> None:
    """Names of features and categories are in it, those too long cut; what gives nothing is not.

    At the side stands the class that the curves speak for; of three classes a legend has all.
    """
    made = additive()
    shown = ["Bonn", "Rome", "a ci\u2026name", "age <&> $b$", "city"]
    assert sorted(panels(made)) == [*shown, "score for yes"]
    three = three_classes(made)
    assert sorted(panels(three)) == sorted([*shown, "score", "no", "yes", "may$be$"])


def test_lines_go_through_the_points() -> None:
    """A number has a line through its knots and a ring where it is missing; a category, dots."""
    explained = additive()
    assert isinstance(explained.student, WeightsStudent)
    figure = draw_curves(explained, explained.student, ON_WHITE)
    assert figure is not None
    by_name = {axes.get_title(loc="left"): axes for axes in figure.axes}
    age, city = by_name["age <&> $b$"], by_name["city"]
    yes, missing, *_ = age.lines
    assert (np.diff(yes.get_ydata()) > 0).all()
    assert len(yes.get_xdata()) == 4
    assert len(missing.get_xdata()) == 1
    np.testing.assert_array_equal(city.lines[0].get_xdata(), [0, 1, 2])
    assert city.lines[0].get_linestyle() == "None"
    assert np.argsort(city.lines[0].get_ydata()).tolist() == [0, 2, 1]


def test_two_classes_share_one_curve() -> None:
    """It is what speaks for the second class less what speaks for the first; three have three."""
    explained = additive()
    assert isinstance(explained.student, WeightsStudent)
    curve = curves_of(explained.student.sums())[0]
    one = one_sided(curve)
    np.testing.assert_allclose(one.points[:, 0], curve.points[:, 1] - curve.points[:, 0])
    np.testing.assert_allclose(one.missing, [curve.missing[1] - curve.missing[0]])
    three = replace(curve, points=np.zeros((4, 3)), missing=np.zeros(3))
    assert one_sided(three) is three


def test_the_density_is_that_of_the_training_rows() -> None:
    """Of categories their shares; of a number the shares around its knots."""
    explained = additive()
    assert isinstance(explained.student, WeightsStudent)
    age, city = curves_of(explained.student.sums())[:2]
    columns = explained.student.columns
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=400)[40:], rng.integers(0, 3, 400)
    found = density_of(city, columns)
    np.testing.assert_allclose(found, np.bincount(codes) / 400, atol=1e-6)
    middles = (age.knots[1:] + age.knots[:-1]) / 2
    counts = np.bincount(np.searchsorted(middles, numbers), minlength=4) / len(numbers)
    np.testing.assert_allclose(density_of(age, columns), counts, atol=0.12)
    assert density_of(age, columns).sum() == pytest.approx(1)


def test_each_plot_has_its_title_on_hover() -> None:
    """The feature, and the range of its curve; escaped."""
    svg = ElementTree.fromstring(curves_as_svg(additive()))
    titles = [each.text or "" for each in svg.iter() if each.tag.endswith("}title")]
    assert len(titles) == 2
    assert any(text.startswith("age <&> $b$: yes -") and " to +" in text for text in titles)


def test_of_many_features_the_strongest_are_drawn() -> None:
    """No more than MOST_CURVES plots; a student that says one thing always has none."""
    explained = additive()
    student = explained.student
    assert isinstance(student, WeightsStudent)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, MOST_CURVES + 5)).astype(np.float32)
    beliefs = np.where(rows[:, :1] > 0, [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(
        rows=rows, beliefs=beliefs, validation_rows=rows[:0], validation_beliefs=beliefs[:0]
    )
    wide = AdditiveFamily(knots=2).learner(task).fit(beliefs)
    features = tuple(Feature(name=f"f{j}") for j in range(rows.shape[1]))
    figure = draw_curves(replace(explained, student=wide, features=features), wide, ON_WHITE)
    assert figure is not None
    assert len([axes for axes in figure.axes if axes.lines]) == MOST_CURVES
    assert figure.axes[0].get_title(loc="left") == "f0"
    constant = replace(student, weights=np.zeros_like(student.weights))
    assert draw_curves(explained, constant, ON_WHITE) is None


def test_a_pair_has_a_heat_map() -> None:
    """After the curves: a colour for each two places, as many as the table has, and their names."""
    explained = additive(pairs=1)
    assert isinstance(explained.student, WeightsStudent)
    figure = draw_curves(explained, explained.student, ON_WHITE)
    assert figure is not None
    (table,) = tables_of(explained.student.sums())
    (axes,) = [each for each in figure.axes if each.get_xlabel()]
    y = int(np.ptp(table.points, axis=(0, 1)).argmax())
    np.testing.assert_allclose(axes.collections[0].get_array(), table.points[:, :, y])
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("age <&> $b$"[:15], "city")
    assert [each.get_text() for each in axes.get_xticklabels()] == [
        "Bonn",
        "Rome",
        "a ci\u2026name",
    ]
    assert axes.get_yticklabels()[-1].get_text() == "missing"
    assert axes.get_title(loc="left").startswith(("no ", "yes "))


def test_a_student_without_curves_has_no_drawing() -> None:
    """`explain -f svg` ends in an error that names another format."""
    explained = additive()
    assert isinstance(explained.student, WeightsStudent)
    nothing = np.zeros_like(explained.student.weights)
    constant = replace(explained, student=replace(explained.student, weights=nothing))
    with pytest.raises(StudentError, match="no curves to draw; use --format text"):
        curves_as_svg(constant)
