"""Noise in cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crembo_cli.robustness.perturbations import MOST_QUERIES, noise_on, noisy_cells
from crembo_cli.students.contract import Floats, Indices
from tests.robustness.small_runs import Constant, evidence_of, mixed_frame, three_classes


def test_cells_keep_their_kind_and_their_holes() -> None:
    """Dtypes, whole numbers, missing cells and known texts stay; the rest moves as asked."""
    rng = np.random.default_rng(0)
    frame = mixed_frame(rng, 20_000)
    units = np.array([2.0, 26.0, 0.0, 0.0])
    noisy = noisy_cells(frame, 0.1, units, frame, np.random.default_rng(1))
    assert noisy.dtypes.tolist() == frame.dtypes.tolist()
    assert noisy["size"].isna().equals(frame["size"].isna())
    assert noisy["colour"].isna().equals(frame["colour"].isna())
    assert set(noisy["colour"].dropna()) == {"red", "green"}
    assert np.isclose((noisy["size"] - frame["size"]).std(), 0.2, rtol=0.02)
    assert np.isclose((noisy["age"] - frame["age"]).std(), 2.6, rtol=0.02)
    there = frame["colour"].notna()
    for name, rows in (("colour", there), ("member", there | True)):
        changed = np.mean(noisy[name][rows].to_numpy() != frame[name][rows].to_numpy())
        assert np.isclose(changed, 0.1 * 0.5, atol=0.01)


def test_a_column_without_values_and_an_empty_pool_do_no_harm() -> None:
    """What has nothing to be drawn from stays as it is."""
    frame = pd.DataFrame({"text": pd.Series([None, "a"], dtype=object), "number": [np.nan, np.nan]})
    seen = frame.iloc[:1]
    noisy = noisy_cells(frame, 1.0, np.zeros(2), seen, np.random.default_rng(0))
    assert noisy["text"].tolist() == [None, "a"]
    assert noisy["number"].isna().all()


def test_flips_of_a_known_chance() -> None:
    """Rows at the threshold flip every other time; a constant never; far ones never."""

    class AboveZero:
        def predict(self, rows: Floats) -> Indices:
            return (rows[:, 0] > 0).astype(np.int64)

    frame = pd.DataFrame({"x": np.concatenate([np.zeros(130), np.full(130, 9.0)])})
    evidence = evidence_of(frame, np.tile(np.array([[0.4, 0.6]], np.float32), (260, 1)))

    def constant(frame: pd.DataFrame) -> Indices:
        return np.ones(len(frame), np.int64)

    found = noise_on(AboveZero(), constant, evidence, frame, np.ones(1), 0)
    assert list(found) == ["0.01", "0.05", "0.1"]
    for flips in found.values():
        assert np.isclose(flips.student, 0.25, atol=0.02)
        assert flips.teacher == 0.0


def test_a_constant_never_flips_and_no_teacher_is_null() -> None:
    """Exactly 0, on rows of all kinds."""
    frame = mixed_frame(np.random.default_rng(0), 50)
    evidence = evidence_of(frame, three_classes(frame))
    units = evidence.units
    found = noise_on(Constant(2, 3), None, evidence, frame, units, 0)
    assert [(each.student, each.teacher) for each in found.values()] == [(0.0, None)] * 3


def test_the_teacher_is_queried_about_a_limited_number_of_rows() -> None:
    """A large test table does not cost more teacher than the search for the student did."""
    frame = mixed_frame(np.random.default_rng(0), 1000)
    evidence = evidence_of(frame, three_classes(frame))
    asked = []

    def teacher(frame: pd.DataFrame) -> Indices:
        asked.append(len(frame))
        return np.asarray(three_classes(frame).argmax(axis=1))

    noise_on(Constant(2, 3), teacher, evidence, frame, np.zeros(4), 0)
    assert len(asked) == 3
    assert 0.9 * MOST_QUERIES < sum(asked) <= MOST_QUERIES


def test_noise_at_the_limits_of_float32_and_int64_stays_within_them() -> None:
    """No cell becomes infinite or changes its sign, for the teacher and for the student."""
    most, whole = float(np.finfo(np.float32).max), 2**63 - 1
    frame = pd.DataFrame({"x": [most, -most] * 50, "n": [whole, -whole - 1] * 50})
    noisy = noisy_cells(frame, 0.1, np.array([most, 1e18]), frame, np.random.default_rng(0))
    for name, limit in (("x", most), ("n", whole)):
        assert (noisy[name].abs().astype(float) <= float(limit)).all()
        assert (np.sign(noisy[name]) == np.sign(frame[name])).all()
        assert (noisy[name] == frame[name]).any()
        assert (noisy[name] != frame[name]).any()
    encoding = evidence_of(frame, np.full((100, 2), 0.5, np.float32)).encoding
    assert np.isfinite(encoding.encode(noisy)).all()
    assert encoding.encode(noisy)[:, 0].max() == np.finfo(np.float32).max
