"""What code in any language needs of a student."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Doubles, Indices
from crembo_cli.core.utilities import decisions
from crembo_cli.dataset.literals import MISSING
from crembo_cli.errors import StudentError
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import program_of, utilities_of
from crembo_cli.students.contract import Feature
from crembo_cli.students.program import Condition, Node, Program


@dataclass(frozen=True, kw_only=True)
class Source:
    """A student as a program, with the names that code shows."""

    name: str  # the file's
    program: Program
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...]
    missing_texts: tuple[str, ...]  # that mean a missing category: see `Feature.missing_texts`
    missing_numbers: tuple[str, ...]  # texts that mean a missing number
    utilities: Doubles | None

    def coded(self) -> list[int]:
        """Return the features with categories."""
        return [j for j, each in enumerate(self.features) if each.categories]

    def missing_of(self, j: int) -> tuple[str, ...]:
        """Return the texts that mean a missing cell of feature j, which has categories."""
        return tuple(self.features[j].missing_texts(self.missing_texts))

    def labels(self) -> Indices:
        """Return the class that each row of the program's table decides for, (leaves,)."""
        return decisions(self.program.table.astype(np.float32), self.utilities)


def source_of(explained: ReadableStudent) -> Source:
    """Return the source of a student. Raises StudentError if it has no program."""
    program = program_of(explained.student, explained.features)
    if program is None:
        raise StudentError("this student cannot be exported as code", where=explained.name)
    return Source(
        name=explained.name,
        program=program,
        features=explained.features,
        classes=explained.classes,
        missing_texts=explained.missing_texts,
        missing_numbers=MISSING,
        utilities=utilities_of(explained.student),
    )


def join_values(values: Iterable[object]) -> str:
    """Return the values, separated by commas."""
    return ", ".join(map(str, values))


def branch_lines(tree: Node, condition: Callable[[Condition], str], indent: str) -> list[str]:
    """Write a tree as statements of a language with braces, each leaf as a `return`."""
    lines: list[str] = []

    def visit(node: Node, margin: str) -> None:
        while not isinstance(node, int):
            test = " && ".join(map(condition, node.conditions))
            if isinstance(node.then, int):
                lines.append(f"{margin}if ({test}) return {node.then};")
            else:
                lines.append(f"{margin}if ({test}) {{")
                visit(node.then, margin + indent)
                lines.append(f"{margin}}}")
            node = node.other
        lines.append(f"{margin}return {node};")

    visit(tree, indent)
    return lines
