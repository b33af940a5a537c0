"""MEMO, with an exact learner: the deepest of a whole finite family."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.core.memo import memo


def finite_family(rng: np.random.Generator, n: int, c: int) -> np.ndarray:
    """Every labelling by one threshold on one random number and two labels: (members, n)."""
    x = rng.random(n)
    members = [
        np.where(x <= cut, left, right)
        for cut in np.concatenate([x, [2.0]])
        for left, right in product(range(c), repeat=2)
    ]
    return np.array(members)


@settings(max_examples=300)
@given(
    st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 12), st.sampled_from([0.0, 0.2])
)
def test_memo_with_an_exact_learner_finds_the_deepest_member(
    seed: int, c: int, n: int, delta: float
) -> None:
    """Where the learner returns a consistent member if there is one, none is deeper (Theorem 1)."""
    rng = np.random.default_rng(seed)
    # Votes of few voters, so that beliefs tie; some rows certain, so that masks are empty above.
    P = (rng.multinomial(5, rng.dirichlet(np.ones(c)), n) / 5).astype(np.float32)
    members = finite_family(rng, n, c)
    depths = [insensitive_depth(depth_by_row(P, predicted), delta) for predicted in members]

    def exact(rewards: np.ndarray, start: int | None) -> int:
        """A member that breaks the mask on the fewest rows; any of them, so the last."""
        del start
        broken = np.sum(rewards[np.arange(n), members] == 0, axis=1)
        return len(members) - 1 - int(np.argmin(broken[::-1]))

    steps = memo(exact, lambda member: members[member], P, delta=delta)
    assert depths[steps[-1].student] == max(depths)


def test_memo_tries_the_last_threshold() -> None:
    """A teacher that is certain everywhere, and a family that can say so, give depth 1."""
    P = np.eye(3, dtype=np.float32)
    steps = memo(lambda rewards, _: np.argmax(rewards, axis=1), lambda predicted: predicted, P)
    assert steps[-1].threshold == 1.0
    assert insensitive_depth(depth_by_row(P, steps[-1].student), 0.0) == 1.0


def test_memo_keeps_the_deepest_student_of_a_greedy_learner() -> None:
    """A learner that fails where it should not loses nothing that was seen on the way."""
    P = np.array([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1]], np.float32)
    deep, shallow = np.array([1, 1, 0]), np.array([0, 0, 0])
    answers = iter([deep] + [shallow] * 10)
    steps = memo(lambda rewards, start: next(answers), lambda predicted: predicted, P)
    assert steps[-1].student is deep


def test_memo_starts_a_fit_from_the_last_consistent_student() -> None:
    """The learner is handed a student that was consistent below, or None, never a failed one."""
    P = np.array([[0.2, 0.8], [0.4, 0.6]], np.float32)
    seen = []

    def fit(rewards: np.ndarray, start: np.ndarray | None) -> np.ndarray:
        seen.append(start)
        return np.argmax(rewards, axis=1)

    memo(fit, lambda predicted: predicted, P)
    for start in seen:
        assert start is None or insensitive_depth(depth_by_row(P, start), 0.0) > 0.2
