"""The features of a student as JSON values: many numbered ones, such as pixels, as one entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from crembo_cli.students.contract import Feature

NUMBER = re.compile(r"0|[1-9][0-9]*")
FEWEST = 8  # features that become one entry
PLACE = "{}"  # of the number in their names


def write_features(features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Return an entry for each feature, without what most features have.

    A row of features that differ in nothing but a number in their names, which goes up by 1, is
    one entry: {"name": "pixel[{}]", "first": 0, "count": 784}.
    """
    found: list[dict[str, Any]] = []
    begin = 0
    while begin < len(features):
        end, pattern, first = _longest_run(features, begin)
        if end - begin < FEWEST:
            found.append(_entry(features[begin]))
            begin += 1
        else:
            named = replace(features[begin], name=pattern)
            found.append({**_entry(named), "first": first, "count": end - begin})
            begin = end
    return found


def read_features(entries: Sequence[dict[str, Any]]) -> tuple[Feature, ...]:
    """Return what `write_features` wrote. Raises KeyError, TypeError or ValueError."""
    return tuple(feature for each in entries for feature in _features(each))


def _entry(feature: Feature) -> dict[str, Any]:
    usual = asdict(Feature(name=""))
    return {key: value for key, value in asdict(feature).items() if value != usual[key]}


def _features(entry: dict[str, Any]) -> Iterator[Feature]:
    feature = Feature(
        name=entry["name"],
        categories=tuple(entry.get("categories", ())),
        missing=bool(entry.get("missing", False)),
        kind=str(entry.get("kind", Feature.kind)),
    )
    if "count" not in entry:
        yield feature
        return
    before, after = feature.name.split(PLACE)
    for number in range(entry["first"], entry["first"] + entry["count"]):
        yield replace(feature, name=f"{before}{number}{after}")


def _longest_run(features: Sequence[Feature], begin: int) -> tuple[int, str, int]:
    """The end of the row of features from `begin`, its pattern of names and its first number."""
    feature = features[begin]
    best = begin + 1, "", 0
    if PLACE in feature.name:
        return best
    for match in NUMBER.finditer(feature.name):
        before, after = feature.name[: match.start()], feature.name[match.end() :]
        first, end = int(match[0]), begin + 1
        while end < len(features) and features[end] == replace(
            feature, name=f"{before}{first + end - begin}{after}"
        ):
            end += 1
        if end > best[0]:
            best = end, f"{before}{PLACE}{after}", first
    return best
