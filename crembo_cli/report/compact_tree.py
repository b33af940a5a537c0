"""A tree as a chain of if, else if and else: one line for each split, cut to the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crembo_cli.arrays import LEAF
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.text import conditions, known_side

if TYPE_CHECKING:
    from crembo_cli.students.tree.model import Tree

INDENT = "   "
Codes = Mapping[int, frozenset[int]]  # by feature, the categories that reach a node


def compact_tree(explained: ReadableStudent, tree: Tree, width: int) -> list[str]:
    """Return a line for each split of `tree`, of at most `width` columns where names allow it.

    A list of categories is cut to what fits, and leaves out those that cannot reach the split.
    """
    named = explained.printable()
    return list(_Lines(tree, named.features, named.class_names(), width).below(0, "", "if", {}))


class _Lines:
    """The lines of one tree."""

    def __init__(
        self, tree: Tree, features: tuple[Feature, ...], classes: list[str], width: int
    ) -> None:
        self.tree, self.features, self.classes, self.width = tree, features, classes, width

    def below(self, v: int, indent: str, word: str, codes: Codes) -> Iterator[str]:
        """Generate the lines of node `v`, which begin with `word`; see Codes."""
        if self._is_leaf(v):  # the root alone
            yield f"always: {self._leaf(v)}"
            return
        sides = [(int(self.tree.left[v]), True), (int(self.tree.right[v]), False)]
        sides.sort(key=lambda side: not self._is_leaf(side[0]))  # a leaf comes first
        (first, is_left), (second, _) = sides
        end = f"{self._leaf(first)}" if self._is_leaf(first) else ""
        if self._is_leaf(second) and end:
            end += f", else {self._leaf(second)}"
        yield self._fit(v, f"{indent}{word} ", f": {end}".rstrip(), codes, left=is_left)
        if not self._is_leaf(first):
            yield from self.below(first, indent + INDENT, "if", self._pass(v, codes, left=is_left))
        if not self._is_leaf(second):
            rest = self._pass(v, codes, left=not is_left)
            yield from self.below(second, indent, "else if", rest)

    def _is_leaf(self, v: int) -> bool:
        return bool(self.tree.feature[v] == LEAF)

    def _leaf(self, v: int) -> str:
        label = int(self.tree.label[v])
        return f"{self.classes[label]} ({self.tree.probabilities[v, label]:.2f})"

    def _fit(self, v: int, start: str, end: str, codes: Codes, *, left: bool) -> str:
        """The line of split `v`, with as many categories as fit."""
        threshold, missing_left = self.tree.split(v)
        feature = self.features[int(self.tree.feature[v])]
        if not feature.categories or known_side(threshold) is not None:
            return start + conditions(threshold, missing_left, feature)[not left] + end
        passed = self._pass(v, codes, left=left)[int(self.tree.feature[v])]
        names = [feature.categories[code] for code in sorted(passed)] or ["unseen"]
        missing = feature.missing and missing_left == left
        line = ""
        for shown in range(len(names), 0, -1):
            more = [f"+{len(names) - shown}"] if shown < len(names) else []
            listed = ", ".join([*names[:shown], *more])
            line = f"{start}{feature.name} in {{{listed}}}{' or missing' * missing}{end}"
            if cell_len(line) <= self.width:
                break
        return line

    def _pass(self, v: int, codes: Codes, *, left: bool) -> Codes:
        """The categories that reach the child on that side of `v`."""
        j = int(self.tree.feature[v])
        feature, (threshold, _) = self.features[j], self.tree.split(v)
        if not feature.categories:
            return codes
        before = codes.get(j, frozenset(range(len(feature.categories))))
        return {**codes, j: frozenset(k for k in before if (k <= threshold) == left)}
