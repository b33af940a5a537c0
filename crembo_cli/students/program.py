"""A student as a program: the one form from which code in any language is written.

A program computes `begin + a leaf of each tree + the layers on the columns` for each class, and
takes the softmax of it if `softmax`. Every family is such a program: a tree and a list of rules
have one tree, boosted trees have many, weighted sums and nets have columns and layers.

All conditions compare float64 numbers and are exact: they hold for the cells for which the
student, which rounds cells to float32, goes the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import numpy as np

from crembo_cli.arrays import (
    EVERYTHING,
    LEAF,
    NOTHING,
    UNSEEN,
    Bools,
    Doubles,
    Floats,
    Indices,
    Int32s,
)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A condition on one value; exactly one of `up_to`, `texts` and `known` is there.

    It holds for a missing value if `missing`, and for others: where `up_to` is given, for values
    <= `up_to`; where `texts` are given, for these categories; where `known` is given, for all or
    for none. With `inverted`, for those others that it would not hold for.
    """

    value: int  # the feature; sum s is p + s, for p features
    missing: bool
    up_to: float | None = None
    texts: tuple[str, ...] | None = None
    known: bool | None = None
    inverted: bool = False  # never where `known` is given

    def negate(self) -> Condition:
        """Return the condition that holds exactly where this one does not."""
        if self.known is not None:
            return replace(self, missing=not self.missing, known=not self.known)
        return replace(self, missing=not self.missing, inverted=not self.inverted)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """The way to `then` if all conditions hold, else to `other`."""

    conditions: tuple[Condition, ...]
    then: Node
    other: Node


Node: TypeAlias = Branch | int  # a leaf is its row in the program's table


@dataclass(frozen=True, kw_only=True)
class Term:
    """One term of a sum: a feature's number, `fill` if it is missing, times `weight`."""

    feature: int
    weight: float
    fill: float


@dataclass(frozen=True, kw_only=True)
class Sum:
    """A weighted sum of a few numbers, which trees test."""

    offset: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """`clip((number - shift) * scale, low, high) - mean` of a feature; 0 if it is missing.

    So is it for a category that was not seen before.
    """

    feature: int
    shift: float
    scale: float
    low: float
    high: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Weighted sums of the inputs, and a bias; a later layer reads the sums cut at 0 (ReLU)."""

    weights: Doubles  # (inputs, outputs)
    bias: Doubles  # (outputs,)

    @classmethod
    def of(cls, weights: Floats, bias: Floats) -> Layer:
        """Return the layer of float32 weights and bias."""
        return cls(weights=weights.astype(np.float64), bias=bias.astype(np.float64))


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a student computes.

    The number of a feature is the cell rounded to float32, or the code of the category: its place
    in the list, -1 for a category that was not seen before. An infinite number counts as the
    largest float32 number.
    """

    begin: Doubles  # (c,)
    trees: tuple[Node, ...] = ()
    table: Doubles = field(default_factory=lambda: np.zeros((0, 0)))  # (leaves, c)
    sums: tuple[Sum, ...] = ()
    columns: tuple[Column, ...] = ()  # the first inputs of the layers
    flags: tuple[int, ...] = ()  # the next ones: features, 1 if the cell is missing, else 0
    products: tuple[tuple[int, int], ...] = ()  # the last ones: products of two of those before
    layers: tuple[Layer, ...] = ()
    softmax: bool = True  # False: the values are the probabilities themselves

    def conditions(self) -> Iterator[Condition]:
        """Yield the conditions of all trees."""
        for tree in self.trees:
            yield from _conditions_below(tree)

    def numbers(self) -> list[int]:
        """Return the features whose number is used, ascending."""
        terms = (term.feature for each in self.sums for term in each.terms)
        return sorted({*terms, *(each.feature for each in self.columns)})


def _conditions_below(node: Node) -> Iterator[Condition]:
    while not isinstance(node, int):
        yield from node.conditions
        yield from _conditions_below(node.then)
        node = node.other


Categories: TypeAlias = Sequence[Sequence[str]]  # of each feature; () of a number
LARGEST = float(np.finfo(np.float32).max)  # what an infinite number counts as


def condition_of(
    value: int, threshold: np.float32, missing: bool, categories: Categories
) -> Condition:
    """The condition of a split: values <= `threshold` in float32, missing ones if `missing`.

    `value` is the number of a feature or, beyond the last of `categories`, of a sum.
    """
    if threshold in {NOTHING, EVERYTHING}:
        return Condition(value=value, missing=missing, known=bool(threshold == EVERYTHING))
    texts = categories[value] if value < len(categories) else ()
    if not texts:
        return Condition(value=value, missing=missing, up_to=last_float64(threshold))
    inverted = bool(threshold >= UNSEEN)  # unseen categories pass too: list the others
    listed = tuple(text for code, text in enumerate(texts) if (code <= threshold) != inverted)
    return Condition(value=value, missing=missing, texts=listed, inverted=inverted)


class Splits(Protocol):
    """The splits of m nodes, as a tree and boosted trees keep them."""

    @property
    def feature(self) -> Indices | Int32s:
        """The value that each tests, (m,); LEAF at a leaf."""
        ...

    @property
    def threshold(self) -> Floats:
        """Values <= threshold go left, (m,)."""
        ...

    @property
    def missing_left(self) -> Bools:
        """Whether missing values go left, (m,)."""
        ...

    @property
    def left(self) -> Indices | Int32s:
        """The left child, (m,)."""
        ...

    @property
    def right(self) -> Indices | Int32s:
        """The right child, (m,)."""
        ...


def node_of(splits: Splits, root: int, categories: Categories) -> Node:
    """The tree below the node `root`; its leaves are numbered in the order of all nodes."""
    leaf = np.cumsum(splits.feature == LEAF) - 1

    def visit(v: int) -> Node:
        if splits.feature[v] == LEAF:
            return int(leaf[v])
        value, missing = int(splits.feature[v]), bool(splits.missing_left[v])
        return Branch(
            conditions=(condition_of(value, splits.threshold[v], missing, categories),),
            then=visit(int(splits.left[v])),
            other=visit(int(splits.right[v])),
        )

    return visit(root)


def last_float64(threshold: np.float32) -> float:
    """The largest float64 that, rounded to float32, is not above `threshold`.

    Halfway between two float32 the rounding goes to the even one.
    """
    low, high = float(threshold), float(np.nextafter(threshold, np.float32(np.inf)))
    middle = low + (high - low) / 2
    return middle if np.float32(middle) <= threshold else float(np.nextafter(middle, low))
