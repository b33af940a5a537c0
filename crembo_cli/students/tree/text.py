"""Words for the parts of a tree: a split's two sides, a path to a leaf, and a leaf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from crembo_cli.arrays import EVERYTHING, LEAF, NOTHING, UNSEEN, Bools, Floats, Int32s
from crembo_cli.students.contract import Feature

SHOWN_CLASSES = 4  # classes that a leaf's line names; the others are summed up
SHOWN_SHARE = 0.005  # probabilities below this show as 0.00 and are left out
UNSEEN_MARK = "*"
UNSEEN_NOTE = "* and categories that were not seen in training"
LARGEST = 3.4e38  # no value lies above it: a threshold from here on only separates missing ones


class Reach(NamedTuple):
    """The values of one feature that arrive at a node."""

    above: float = -np.inf  # excluded
    up_to: float = np.inf  # included
    missing: bool = True  # whether a missing value arrives


EVERY_VALUE = Reach()


def conditions(
    threshold: float, missing_left: bool, feature: Feature, reach: Reach = EVERY_VALUE
) -> tuple[str, str]:
    """The conditions for the left and the right side of a split on `feature`.

    Categories and missing values that do not arrive at the split (see `reach`) are left out. A
    star marks the side of categories that were not seen in training: see UNSEEN_NOTE.
    """
    known, missing = f"{feature.name} known", f"{feature.name} missing"
    known_left = known_side(threshold)
    if known_left is not None:
        if known_left == missing_left:
            return ("always", "never") if known_left else ("never", "always")
        return (known, missing) if known_left else (missing, known)
    if feature.categories:
        left, right = _category_sides(threshold, feature, reach)
    else:
        number = format_threshold(threshold)
        left, right = f"{feature.name} <= {number}", f"{feature.name} > {number}"
    if not (feature.missing and reach.missing):
        return left or "never", right or "never"
    both = [f"{side} or missing" if side else missing for side in (left, right)]
    return (both[0], right or "never") if missing_left else (left or "never", both[1])


def format_threshold(threshold: float) -> str:
    """The fewest digits that give the same float32 threshold: it splits all rows the same way."""
    value = np.float32(threshold)
    if 1e-5 <= abs(value) < 1e9 or value == 0:
        return np.format_float_positional(value, trim="-")
    return np.format_float_scientific(value, trim="-", exp_digits=1)


def _category_sides(threshold: float, feature: Feature, reach: Reach) -> tuple[str, str]:
    """The categories that arrive and go left, and those that go right, in words; "" for none."""
    sides = arriving_categories(threshold, feature, reach)
    left, right = (f"{feature.name} in {{{', '.join(side)}}}" if side else "" for side in sides)
    if not reach.above < UNSEEN <= reach.up_to:
        return left, right
    if threshold < UNSEEN:
        return left, right + UNSEEN_MARK
    return (left + UNSEEN_MARK if left else f"{feature.name} unseen"), right


def arriving_categories(
    threshold: float, feature: Feature, reach: Reach
) -> tuple[list[str], list[str]]:
    """The categories that arrive at a split and go left, and those that go right."""
    sides: tuple[list[str], list[str]] = [], []
    for code, category in enumerate(feature.categories):
        if reach.above < code <= reach.up_to:
            sides[code > threshold].append(category)
    return sides


def reaches(feature: Int32s, threshold: Floats, missing_left: Bools, left: Int32s) -> list[Reach]:
    """The values of its own feature that arrive at each split of a tree, in order of the nodes.

    The arrays are those of a `Tree`; a leaf has every value.
    """
    known: list[dict[int, Reach]] = [{} for _ in feature]
    for v in np.flatnonzero(feature != LEAF).tolist():
        j, child = int(feature[v]), int(left[v])
        here = known[v].get(j, EVERY_VALUE)
        t, goes = float(threshold[v]), bool(missing_left[v])
        below = Reach(here.above, min(here.up_to, t), here.missing and goes)
        beyond = Reach(max(here.above, t), here.up_to, here.missing and not goes)
        known[child], known[child + 1] = known[v] | {j: below}, known[v] | {j: beyond}
    return [known[v].get(int(j), EVERY_VALUE) for v, j in enumerate(feature)]


def unseen_note(lines: Iterable[str]) -> list[str]:
    """The footnote on the star, if any of `lines` has one."""
    return [UNSEEN_NOTE] if any("}" + UNSEEN_MARK in line for line in lines) else []


def known_side(threshold: float) -> bool | None:
    """Whether all known values go left; None if the threshold separates known values."""
    return bool(threshold == EVERYTHING) if threshold in {NOTHING, EVERYTHING} else None


def categories_by_side(threshold: float, feature: Feature) -> tuple[list[str], list[str]]:
    """The categories of `feature` that go left and those that go right."""
    sides: tuple[list[str], list[str]] = [], []
    for code, category in enumerate(feature.categories):
        sides[code > threshold].append(category)
    return sides


def goes_left(threshold: float, missing_left: bool, feature: Feature) -> dict[str, object]:
    """What a split on `feature` sends left, as JSON values.

    Beside `missing` there is one of `known`, `up_to` (the float32 threshold: round a cell to
    float32 before comparing), `in` and `not_in` (categories).
    """
    known_left = known_side(threshold)
    if known_left is not None:
        return {"missing": missing_left, "known": known_left}
    if not feature.categories:
        return {"missing": missing_left, "up_to": threshold}
    left, right = categories_by_side(threshold, feature)
    if threshold >= UNSEEN:  # unseen categories go left too, so the list names the others
        return {"missing": missing_left, "not_in": right}
    return {"missing": missing_left, "in": left}


class Branch(NamedTuple):
    """A split on the way to a leaf, and the side that leads to it."""

    feature: int
    threshold: float
    missing_left: bool
    left: bool  # whether the way goes left


@dataclass(kw_only=True)
class _Range:
    """The values of one feature that pass all splits on the way to a leaf."""

    above: float = -np.inf  # excluded
    up_to: float = np.inf  # included
    missing: bool = True  # whether a missing value passes


def path_text(path: Iterable[Branch], features: Sequence[Feature]) -> str:
    """The conditions on a row that takes all branches of `path`, one per feature, joined by "and".

    "always" if there are none.
    """
    ranges: dict[int, _Range] = {}
    for branch in path:
        at = ranges.setdefault(branch.feature, _Range())
        if branch.left:
            at.up_to = min(at.up_to, branch.threshold)
        else:
            at.above = max(at.above, branch.threshold)
        at.missing &= branch.missing_left == branch.left
    parts = [_range_text(features[j], ranges[j]) for j in sorted(ranges)]
    return " and ".join(part for part in parts if part) or "always"


def _range_text(feature: Feature, at: _Range) -> str:
    """The condition on one feature; "" if every value fulfils it."""
    known = _categories_text(feature, at) if feature.categories else _numbers_text(feature.name, at)
    if not at.missing:
        return known or (f"{feature.name} known" if feature.missing else "")
    if known == "never":
        return f"{feature.name} missing"
    return f"({known} or missing)" if known and feature.missing else known


def _categories_text(feature: Feature, at: _Range) -> str:
    """The categories in a range; "" for all of them, "never" for none."""
    names = [
        # Without quotes, a name with a comma or a quote in it would read as several names.
        repr(name) if set(name) & set(",'\"{}") else name
        for code, name in enumerate(feature.categories)
        if at.above < code <= at.up_to
    ]
    unseen = at.above < UNSEEN <= at.up_to
    if not names:
        return f"{feature.name} unseen" if unseen else "never"
    if unseen and len(names) == len(feature.categories):
        return ""
    return f"{feature.name} in {{{', '.join(names)}}}" + UNSEEN_MARK * unseen


def _numbers_text(name: str, at: _Range) -> str:
    """The numbers in a range; "" for all of them, "never" for none."""
    low, high = at.above > -np.inf, at.up_to < LARGEST
    if at.above >= LARGEST or at.above >= at.up_to:
        return "never"
    if low and high:
        return f"{format_threshold(at.above)} < {name} <= {format_threshold(at.up_to)}"
    if low:
        return f"{name} > {format_threshold(at.above)}"
    return f"{name} <= {format_threshold(at.up_to)}" if high else ""


def leaf_text(label: int, probabilities: Floats, classes: Sequence[str]) -> str:
    """A leaf's class and its class probabilities (c,): "benign (benign 0.97, malignant 0.03)"."""
    order = np.argsort(-probabilities, kind="stable")
    order = order[probabilities[order] >= SHOWN_SHARE]
    parts = [f"{classes[k]} {probabilities[k]:.2f}" for k in order[:SHOWN_CLASSES]]
    if len(order) > SHOWN_CLASSES:
        parts.append(f"others {float(probabilities[order[SHOWN_CLASSES:]].sum()):.2f}")
    return f"{classes[label]} ({', '.join(parts)})"
