"""A student whose insides are known, with the names that a reader needs."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.students.contract import Feature, Student
from crembo_cli.students.tree.model import Tree
from crembo_cli.students.weights import WeightsStudent


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A tree, a weighted sum or a sum of curves, and what its numbers stand for."""

    name: str  # the file's, for a reader
    student: Tree | WeightsStudent  # from a file: weighted sums of the features themselves
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...]  # as the `label` output says them
    missing_texts: tuple[str, ...]  # texts that stand for a missing category

    def class_names(self) -> list[str]:
        """The classes as text."""
        return [str(each) for each in self.classes]


def insides_of(
    name: str,
    student: Student,
    features: tuple[Feature, ...],
    classes: tuple[int | str, ...],
    missing_texts: tuple[str, ...],
) -> Explained | None:
    """The student explained; None where its family has no short form."""
    if isinstance(student, Tree | WeightsStudent):
        return Explained(
            name=name,
            student=student,
            features=features,
            classes=classes,
            missing_texts=missing_texts,
        )
    return None
