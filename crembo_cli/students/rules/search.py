"""Find the conjunction that gains most: greedily term by term, then each term in turn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.students.contract import Floats, Indices
from crembo_cli.students.rules.draft import Rule, Term, all_of
from crembo_cli.students.tree.bins import Bins
from crembo_cli.students.tree.splits import by_gain

MOST_ROWS = 3_000  # rows that a search uses
LABELS = 4  # classes for which more than one term is tried


@dataclass(frozen=True, kw_only=True, eq=False)
class Try:
    """A conjunction under construction."""

    rule: Rule
    score: float  # the summed gain where it holds
    holds: tuple[NDArray[np.bool_], ...]  # of each term, on the rows of the search

    def without(self, j: int, count: int) -> NDArray[np.bool_]:
        """Return where all terms but number j hold, on `count` rows."""
        return all_of([np.ones(count, np.bool_), *self.holds[:j], *self.holds[j + 1 :]])


def best_rule(
    bins: Bins, here: Indices, gains: Floats, most: int, threads: int, known: Rule | None
) -> tuple[Rule, float]:
    """Find the rule of at most `most` terms with the largest summed gain; return it and the gain.

    `gains` (r, c) is what each of the rows `here` (r,) gains where a rule of that class holds.
    The terms of `known` are one start of the search, beside those that gain most alone. The
    search uses at most `MOST_ROWS` rows; the returned gain is over all of them.
    """
    rule = _search(bins, *_some(here, gains), most, threads, known)
    return rule, _gained(rule.holds(bins)[here], gains[:, rule.label])


def _some(here: Indices, gains: Floats) -> tuple[Indices, Floats]:
    """At most MOST_ROWS of the rows, evenly spaced."""
    if len(here) <= MOST_ROWS:
        return here, gains
    chosen = np.linspace(0, len(here) - 1, MOST_ROWS).astype(np.int64)
    return here[chosen], gains[chosen]


def _gained(holds: NDArray[np.bool_], gain: Floats) -> float:
    return float(gain[holds].sum(dtype=np.float64))


def _search(
    bins: Bins, here: Indices, gains: Floats, most: int, threads: int, known: Rule | None
) -> Rule:
    r, c = gains.shape
    columns = [gains[:, y] for y in range(c)]
    everywhere = [np.ones(r, np.bool_)] * c
    tries = [
        Try(rule=Rule(terms=(term,), label=y), score=score, holds=(holds,))
        for y, found in enumerate(_terms(bins, here, everywhere, columns, threads))
        for term, score, holds in found
    ]
    tries.sort(key=lambda each: -each.score)
    chosen = list(dict.fromkeys(each.rule.label for each in tries))[:LABELS]
    tries = [each for each in tries if each.rule.label in chosen]
    if known is not None:
        holds = tuple(term.holds(bins)[here] for term in known.terms)
        score = _gained(all_of(holds), columns[known.label])
        tries.append(Try(rule=known, score=score, holds=holds))
    for _ in range(most - 1):
        grows = [each for each in tries if len(each.rule.terms) < most]
        tries = [each for each in tries if len(each.rule.terms) == most]
        tries += _improve(bins, here, grows, columns, most, threads)
    for j in range(most if most > 1 else 0):
        tries = _improve(bins, here, tries, columns, j, threads)
    return max(tries, key=lambda each: each.score).rule


def _improve(
    bins: Bins, here: Indices, tries: list[Try], columns: list[Floats], j: int, threads: int
) -> list[Try]:
    """Each try with its term number j replaced, or with one more, if that gains."""
    masks = [each.without(j, len(here)) for each in tries]
    gains = [columns[each.rule.label] for each in tries]
    better = []
    for each, found in zip(tries, _terms(bins, here, masks, gains, threads), strict=True):
        term, score, holds = max(found, key=lambda option: option[1])
        if score <= each.score:
            better.append(each)
            continue
        terms = (*each.rule.terms[:j], term, *each.rule.terms[j + 1 :])
        better.append(
            Try(
                rule=Rule(terms=terms, label=each.rule.label),
                score=score,
                holds=(*each.holds[:j], holds, *each.holds[j + 1 :]),
            )
        )
    return better


def _terms(
    bins: Bins,
    here: Indices,
    masks: list[NDArray[np.bool_]],
    gains: list[Floats],
    threads: int,
) -> list[list[tuple[Term, float, NDArray[np.bool_]]]]:
    """For each mask over the rows `here`, the low and the high term that gain most within it."""
    matter = [np.flatnonzero(mask & (gain != 0)) for mask, gain in zip(masks, gains, strict=True)]
    slots = len(masks)
    slot = np.repeat(np.arange(slots, dtype=np.int32), [len(part) for part in matter])
    rows = here[np.concatenate(matter)].astype(np.int32)
    gain = np.concatenate([gain[part] for part, gain in zip(matter, gains, strict=True)])
    total = np.bincount(slot, gain.astype(np.float64), slots)
    lows = by_gain(bins, rows, slot, gain, slots, threads)
    highs = by_gain(bins, rows, slot, -gain, slots, threads)
    found = []
    for s in range(slots):
        options = []
        for splits, low in ((lows, True), (highs, False)):
            term = Term(
                feature=int(splits.feature[s]),
                cut=int(splits.cut[s]),
                low=low,
                missing=bool(splits.missing_left[s]) == low,
            )
            score = float(splits.score[s]) if low else float(total[s] + splits.score[s])
            options.append((term, score, term.holds(bins)[here]))
        found.append(options)
    return found
