"""The Pareto front, and the smallest student near the best."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crembo_cli.core.pareto import pareto_front, smallest_within_errors


def test_a_student_that_is_beaten_is_not_worth_its_size() -> None:
    """Larger and no better in anything: beaten. Larger and better in one value: worth it."""
    values = np.array([[0.5, 0.5], [0.5, 0.5], [0.4, 0.6], [0.9, 0.1]])
    assert pareto_front([10, 20, 30, 40], values).tolist() == [True, False, True, True]


def test_the_first_of_equals_is_kept() -> None:
    """Of students that are equal in size and values the first one beats the others."""
    values = np.array([[0.5], [0.5], [0.4], [0.5]])
    assert pareto_front([10, 10, 9, 10], values).tolist() == [True, False, True, False]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9
    )
)
def test_the_front_holds_every_student_that_no_other_dominates(
    students: list[tuple[int, int, int]],
) -> None:
    """A student is on the front exactly if no other is as good in all, and better or first."""
    found = pareto_front(
        [size for size, _, _ in students], np.array([values for _, *values in students], float)
    )
    for place, (on_front, (size, *values)) in enumerate(zip(found, students, strict=True)):
        beaten = any(
            other <= size
            and all(a >= b for a, b in zip(others, values, strict=True))
            and ((other, others) != (size, values) or number < place)
            for number, (other, *others) in enumerate(students)
        )
        assert on_front == (not beaten)


def test_the_smallest_within_one_standard_error() -> None:
    """The best is .9 with an error of .02: .88 is as good, .87 is not, and the smallest wins."""
    sizes, means = [10, 20, 30, 40], [0.87, 0.88, 0.89, 0.9]
    assert smallest_within_errors(sizes, [(means, [1, 1, 1, 0.02])]) == 1
    assert smallest_within_errors(sizes, [(means, [1, 1, 1, 0.0])]) == 3
    assert smallest_within_errors(sizes, [(means, [0, 0, 0, 0.5])]) == 0


def test_a_second_criterion_decides_among_those_that_the_first_leaves() -> None:
    """The best of all in the second is left out by the first; of the others 20 is good enough."""
    sizes, first, second = [10, 20, 30, 40], [0.9, 0.9, 0.9, 0.8], [-0.7, -0.2, -0.1, -0.05]
    criteria = [(first, [0.01] * 4), (second, [0.1] * 4)]
    assert smallest_within_errors(sizes, criteria[:1]) == 0
    assert smallest_within_errors(sizes, criteria) == 1


def test_of_equal_sizes_the_better_mean() -> None:
    """Size alone does not decide between two of the same size."""
    criterion = [0.8, 0.9, 0.9], [0.2, 0.2, 0.2]
    assert smallest_within_errors([10, 10, 10], [criterion]) == 1
