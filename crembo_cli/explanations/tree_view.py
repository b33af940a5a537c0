"""What a drawing shows of a tree's nodes: words, titles, rows and class shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from crembo_cli.arrays import Doubles, Indices
from crembo_cli.errors import printable
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.tree.text import (
    UNSEEN_MARK,
    UNSEEN_NOTE,
    arriving_categories,
    leaf_text,
    reaches,
)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, kw_only=True)
class NodeView:
    """One node that is drawn."""

    node: int
    level: int
    parent: int  # of a root, itself
    lines: tuple[str, ...]  # in its box
    title: str  # on hover
    children: tuple[int, ...] = ()  # what is drawn right of it: left and right, or nothing
    label: int | None = None  # the class of a leaf, or of the tree that was cut off here
    folded: int = 0  # leaves of the tree that was cut off here
    answer: str = ""  # on the branch to it: yes or no
    missing: bool = False  # whether missing values take that branch
    share: float | None = None  # of the training rows; None: not known
    classes: tuple[float, ...] = ()  # shares of the classes; (): not known


@dataclass(frozen=True, kw_only=True)
class TreeView:
    """The nodes of a drawing from the root down, each before its children."""

    nodes: dict[int, NodeView]
    notes: tuple[str, ...] = field(default=())  # a legend of long lists of categories, and a star


def view_tree(
    explained: ReadableStudent, tree: Tree, *, letters: int, max_levels: int | None = None
) -> TreeView:
    """The view of `tree` with at most `letters` on a line, cut below `max_levels` splits."""
    rows, shares = node_rows(explained, tree), node_shares(explained, tree)
    agreed = _sum_up(tree, explained.groups.agreed) if explained.groups else None
    sides, names = tree.side_texts(explained.features), explained.class_names()
    level, leaves = tree.node_depths(), _sum_up(tree, [1] * int(tree.is_leaf().sum()))
    reach = reaches(tree.feature, tree.threshold, tree.missing_left, tree.left)
    known: dict[int, tuple[float, ...]] = {}
    nodes: dict[int, NodeView] = {}
    legend: dict[str, str] = {}
    parent = np.zeros(len(level), np.int64)
    waiting = [0]
    while waiting:
        v = waiting.pop(0)
        leaf = tree.left[v] == v
        cut = not leaf and max_levels is not None and level[v] >= max_levels
        if not np.isnan(shares[v]).any():
            known[v] = tuple(shares[v].tolist())
        label = int(tree.label[v]) if leaf else int(np.nan_to_num(shares[v]).argmax())
        children: tuple[int, ...] = ()
        lines: tuple[str, ...]
        if leaf:
            lines = (f"{shorten(names[label], letters - 5)} {tree.probabilities[v, label]:.2f}",)
        elif cut:
            lines = (shorten(names[label], letters - 5), f"{int(leaves[v])} leaves")
        else:
            children = int(tree.left[v]), int(tree.right[v])
            parent[list(children)] = v
            waiting += children
            feature = explained.features[int(tree.feature[v])]
            own = arriving_categories(float(tree.threshold[v]), feature, reach[v])[0]
            lines = _question(feature, sides[v][0], len(own), letters, legend)
        head = leaf_text(label, tree.probabilities[v], names) if leaf else sides[v][0]
        facts = _facts(v, rows, agreed) if rows is not None else []
        if not leaf and v in known:
            facts.append(
                ", ".join(f"{n} {s:.2f}" for n, s in zip(names, known[v], strict=True) if s > 0.005)
            )
        up = int(parent[v])
        first = v == tree.left[up]
        above = explained.features[int(tree.feature[up])]
        nodes[v] = NodeView(
            node=v,
            level=int(level[v]),
            parent=up,
            lines=lines,
            title="\n".join([head, *facts]),
            children=children,
            label=label if leaf or cut else None,
            folded=int(leaves[v]) if cut else 0,
            answer="" if v == 0 else "yes" if first else "no",
            missing=v > 0 and above.missing and bool(tree.missing_left[up]) == first,
            share=None if rows is None else float(rows[v] / max(rows[0], 1)),
            classes=known.get(v, ()),
        )
    starred = any(line.endswith(UNSEEN_MARK) for each in nodes.values() for line in each.lines)
    notes = [f"{key}: {text}" for text, key in legend.items()]
    return TreeView(nodes=nodes, notes=(*notes, *([UNSEEN_NOTE] * starred)))


def node_rows(explained: ReadableStudent, tree: Tree) -> Indices | None:
    """The training rows that reach each node, (m,); None if they are not known."""
    return None if explained.groups is None else _sum_up(tree, explained.groups.rows)


def node_shares(explained: ReadableStudent, tree: Tree) -> Doubles:
    """The shares of the classes at each node, (m, c): a split's are the mean of its leaves'.

    NaN at splits where the training rows of the leaves are not known.
    """
    shares = tree.probabilities.astype(np.float64)
    shares[tree.splits()] = np.nan
    rows = node_rows(explained, tree)
    if rows is None:
        return shares
    for v in tree.splits()[::-1]:
        both = [int(tree.left[v]), int(tree.right[v])]
        weights = rows[both] if rows[v] else np.ones(2)
        shares[v] = weights @ shares[both] / weights.sum()
    return shares


def _sum_up(tree: Tree, counts: Sequence[int]) -> Indices:
    """Counts of the leaves as counts of all nodes, (m,)."""
    found = np.zeros(len(tree.feature), np.int64)
    found[tree.is_leaf()] = counts
    for v in tree.splits()[::-1]:
        found[v] = found[tree.left[v]] + found[tree.right[v]]
    return found


def _facts(v: int, rows: Indices, agreed: Indices | None) -> list[str]:
    share = rows[v] / max(rows[0], 1)
    facts = [f"{rows[v]:,} of {rows[0]:,} training rows ({share:.1%})"]
    if agreed is not None and rows[v]:
        facts.append(f"the teacher agrees on {agreed[v] / rows[v]:.1%}")
    return facts


def _question(
    feature: Feature, condition: str, count: int, letters: int, legend: dict[str, str]
) -> tuple[str, ...]:
    """The lines in the box of a split, one or two; long lists of categories go to the legend."""
    condition = condition.removesuffix(" or missing")
    if not condition.startswith(feature.name):
        return (condition,)  # always, or never
    name = printable(feature.name)
    rest = printable(condition.removeprefix(feature.name).strip()).replace("<=", "\u2264", 1)
    if len(name) + len(rest) < letters:
        return (f"{name} {rest}",)
    if len(rest) > letters and rest.startswith("in {"):
        key = legend.setdefault(f"{name} {rest}", _letter(len(legend)))
        star = UNSEEN_MARK * rest.endswith(UNSEEN_MARK)
        rest = f"in {key} ({count} of {len(feature.categories)}){star}"
    return shorten(name, letters), rest


def _letter(k: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    return (_letter(k // 26 - 1) if k >= 26 else "") + LETTERS[k % 26]


def shorten(text: str, most: int) -> str:
    """Leave out the middle of a name longer than `most`: long names often differ at their end."""
    text = printable(text)
    end = (most - 1) // 2
    return text if len(text) <= most else f"{text[: most - 1 - end]}\u2026{text[-end:]}"


def leaves_from_above(view: TreeView) -> Iterator[int]:
    """The nodes without drawn children, in the order in which they are drawn."""
    waiting = [0]
    while waiting:
        v = waiting.pop()
        children = view.nodes[v].children
        if children:
            waiting += reversed(children)
        else:
            yield v
