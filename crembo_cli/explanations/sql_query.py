"""A query of SQL in stages: common table expressions, each of which reads the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crembo_cli.explanations.dialects import Dialect
from crembo_cli.students.program import Node

INDENT = "  "
GROUP = 50  # terms of a sum within one pair of brackets: databases nest an expression 1,000 deep


@dataclass(kw_only=True)
class Query:
    """The stages so far, and the columns of the last one.

    A column has a key: `keep_0` for the first of the table's own columns that are kept, `x0` for
    the first feature, and what later stages call theirs. Each is qualified wherever it is read:
    SQLite reads a name in double quotes as text if it is not a column.
    """

    dialect: Dialect
    kept: list[str]
    stages: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # of the last stage's columns, by key

    def last(self) -> str:
        """The name of the last stage."""
        return f"crembo_{len(self.stages)}"

    def at(self, key: str) -> str:
        """A column of the last stage."""
        return f"{self.last()}.{self.names[key]}"

    def stage(self, new: Mapping[str, str], carried: Iterable[str]) -> None:
        """Add a common table expression: `carried` keys of the last one, and `new` ones."""
        keys = [*(f"keep_{k}" for k in range(len(self.kept))), *carried]
        names = {key: self.names[key] for key in keys}
        columns = [f"{self.at(key)} AS {name}" for key, name in names.items()]
        names |= {key: f"crembo_{key}" for key in new}
        columns += [f"{expression} AS {names[key]}" for key, expression in new.items()]
        self.add(columns, self.last(), names)

    def add(self, columns: Sequence[str], table: str, names: dict[str, str]) -> None:
        """Add a common table expression of `columns`, which have `names`."""
        inner = ",\n".join(INDENT * 2 + each for each in columns or ["1 AS crembo_nothing"])
        number = f"crembo_{len(self.stages) + 1}"
        self.stages.append(
            f"{number} AS{self.dialect.once} (\n{INDENT}SELECT{self.dialect.hint}\n{inner}\n"
            f"{INDENT}FROM {table}{self.dialect.end}\n)"
        )
        self.names = names

    def read_twice(self) -> str:
        """A condition that always holds and names each stage after the first, "" of few stages."""
        stages = [f"crembo_{k + 1}" for k in range(1, len(self.stages))]
        if len(stages) < 2 or not self.dialect.twice:
            return ""
        return f"WHERE {' AND '.join(self.dialect.twice.format(x=each) for each in stages)}\n"

    def largest(self, keys: Sequence[str], answers: Sequence[str]) -> str:
        """The answer of the first key that no later one beats."""
        values = list(map(self.at, keys))
        cases = []
        for k, value in enumerate(values[:-1]):
            beaten = " AND ".join(f"{value} >= {later}" for later in values[k + 1 :])
            cases.append(f"WHEN {beaten} THEN {answers[k]}")
        return f"CASE {' '.join(cases)} ELSE {answers[-1]} END"


def add_up(terms: Sequence[str]) -> str:
    """The terms added up, in brackets within brackets where they are many."""
    while len(terms) > GROUP:
        groups = [terms[first : first + GROUP] for first in range(0, len(terms), GROUP)]
        terms = [f"({' + '.join(group)})" for group in groups]
    return " + ".join(terms)


def leaves_below(node: Node) -> Iterable[int]:
    """Yield the leaves of a tree, as rows of the table."""
    while not isinstance(node, int):
        yield from leaves_below(node.then)
        node = node.other
    yield node
