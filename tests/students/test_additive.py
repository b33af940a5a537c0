"""The family `additive` follows curves that no weighted sum can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.students.contract import Family, Task
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.mlp import MlpFamily
from crembo_cli.students.scored.ramps import curve_ramps, place_knots


def test_few_values_are_all_knots() -> None:
    """Where there are no more values than knots, each value is one, missing ones left out."""
    cells = np.array([3.0, 1.0, np.nan, 3.0, 2.0], np.float32)
    np.testing.assert_array_equal(place_knots(cells, 3), [1.0, 2.0, 3.0])


def test_knots_hold_equal_shares_of_the_rows() -> None:
    """Of evenly spread values, the knots are the ends and even steps between them."""
    cells = np.arange(101, dtype=np.float32)
    np.testing.assert_array_equal(place_knots(cells, 5), [0.0, 25.0, 50.0, 75.0, 100.0])


def test_a_value_that_fills_the_rows_takes_one_knot() -> None:
    """Beside a value that nine rows in ten hold, the others still share the other knots."""
    cells = np.concatenate([np.zeros(900), np.arange(1, 101)]).astype(np.float32)
    knots = place_knots(cells, 6)
    assert len(knots) >= 4
    assert knots[0] == 0.0
    assert knots[-1] == 100.0


@pytest.mark.parametrize("cells", [[np.nan, np.nan], []])
def test_no_value_gives_one_knot(cells: list[float]) -> None:
    """Where all is missing there is one knot, and so no ramp."""
    np.testing.assert_array_equal(place_knots(np.array(cells, np.float32), 4), [0.0])


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=40),
    st.integers(2, 8),
)
def test_knots_are_few_ascending_values_of_the_column(cells: list[float], most: int) -> None:
    """Knots are values of the column, ascending, at most as many as allowed; slopes are finite."""
    column = np.array(cells, np.float32)
    knots = place_knots(column, most)
    assert 1 <= len(knots) <= most
    assert set(knots) <= set(column)
    ramps = curve_ramps(column[:, None], most, ())
    assert len(ramps.knot) == len(knots) - 1
    assert np.isfinite(ramps.slope).all()
    assert (ramps.slope > 0).all()


def test_a_curve_is_followed() -> None:
    """A class in the middle of a feature, and one decided by two features, are learned."""
    rng = np.random.default_rng(0)
    rows = rng.uniform(-2, 2, (2000, 2)).astype(np.float32)
    inside = (rows**2).sum(axis=1) < 2
    beliefs = np.where(inside[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
    task = Task(
        rows=rows[:1500],
        beliefs=beliefs[:1500],
        validation_rows=rows[1500:],
        validation_beliefs=beliefs[1500:],
    )
    learner = AdditiveFamily().learner(task)
    student = learner.finish(learner.fit(task.beliefs))
    assert (student.predict(task.validation_rows) == inside[1500:]).mean() > 0.96


CODES = np.tile(np.arange(20, dtype=np.float32), 20)[:, None]
ODD = (CODES[:, 0] % 2).astype(bool)
ODD_BELIEFS = np.where(ODD[:, None], [0.1, 0.9], [0.9, 0.1]).astype(np.float32)
BY_CODE = Task(
    rows=CODES,
    beliefs=ODD_BELIEFS,
    validation_rows=CODES,
    validation_beliefs=ODD_BELIEFS,
    categories=(20,),
)


@pytest.mark.parametrize("family", [AdditiveFamily(knots=4), MlpFamily()])
def test_a_category_has_its_own_points(family: Family) -> None:
    """However few knots a number's curve has, any set of categories can be told apart."""
    student = family.learner(BY_CODE).fit(ODD_BELIEFS)
    np.testing.assert_array_equal(student.predict(CODES), ODD)


def test_codes_that_are_numbers_have_a_curve() -> None:
    """Without word of categories the same codes are numbers, and four knots cannot follow them."""
    student = AdditiveFamily(knots=4).learner(replace(BY_CODE, categories=())).fit(ODD_BELIEFS)
    assert (student.predict(CODES) == ODD).mean() < 0.8


@pytest.mark.parametrize("family", [AdditiveFamily(), MlpFamily()])
def test_a_category_not_seen_before_counts_as_the_mean(family: Family) -> None:
    """The code -1 moves no points: the answer is that of a cell missing where none was."""
    student = family.learner(BY_CODE).fit(ODD_BELIEFS)
    unseen, missing = np.array([[-1]], np.float32), np.array([[np.nan]], np.float32)
    np.testing.assert_array_equal(student.predict_proba(unseen), student.predict_proba(missing))
    assert not np.array_equal(student.predict_proba(unseen), student.predict_proba(CODES[:1]))
