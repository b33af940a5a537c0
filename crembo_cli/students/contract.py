"""What a family of students must offer: the whole contract, for our families and for others'.

A plugin imports nothing of ours. It offers a dataclass that has the attributes of `Family`
under the entry point group `crembo.students`; `crembo_cli.testing.check_family` tells whether
it keeps the contract.

How a run uses a family:

    family = TreeFamily(max_depth=5)            options are the dataclass's fields
    learner = family.learner(task)              once a run: bin, scale, whatever serves all fits
    first = learner.fit(task.beliefs)           R = P: the belief student
    next_ = learner.fit(allowed, start=first)   R = the allowed labels at one threshold, and so on
    student = learner.finish(next_)             made ready to be judged and exported
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column of the rows, for a reader."""

    name: str  # the column's name in the table
    categories: tuple[str, ...] = ()  # code k stands for categories[k]; empty: a number
    missing: bool = False  # whether some row that was fitted on has no value here


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a family learns from: all of it arrays, n rows, p features, c >= 2 classes."""

    rows: Floats  # (n, p), C order; NaN is missing; no infinite values; a category is its code,
    # a whole number >= 0, and -1 where the category was not seen before
    beliefs: Floats  # (n, c), in [0, 1], rows sum to 1: the teacher's probability of each class
    validation_rows: Floats  # (m, p): rows never fitted on, to prune or stop early by; m may be 0
    validation_beliefs: Floats  # (m, c): the teacher's beliefs on the held rows
    seed: int = 0  # every random draw of the family comes from it
    threads: int = 1  # at most so many; the student must not depend on it
    categories: tuple[int, ...] = ()  # (p,) how many categories a feature has, in the order of
    # the teacher's mean belief; 0: it is a number; (): all features are


@runtime_checkable
class Student(Protocol):
    """A fitted student. Immutable; comparing two of them is comparing what they predict.

    It can be pickled, and so can its family: a contest fits them in processes of their own.
    """

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        ...

    def predict_proba(self, rows: Floats) -> Floats:
        """Probabilities, float32 (n, c); rows sum to 1 and their argmax is `predict`."""
        ...

    def size(self) -> dict[str, int]:
        """Sizes that apply, of tree_depth, leaves, nodes, parameters (always there).

        Parameters are the numbers that one needs to say what it says of a row: of a leaf its
        label, not its beliefs, where labels decide.
        """
        ...

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """Nodes and initializers that compute `predict` and `predict_proba`.

        They read the tensor named `rows`, float32 (batch, p), and write `index`, int64
        (batch,), and `probabilities`, float32 (batch, c). Any other tensor and node name must
        begin with "student_". Operators up to opset 18 and ai.onnx.ml 3 may be used.
        """
        ...

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The student for a reader: plain lines of text, no trailing newline."""
        ...


class Learner(Protocol):
    """One family on one task; it may keep whatever serves all of its fits."""

    def fit(self, rewards: Floats, start: Student | None = None) -> Student:
        """A student f with a large sum over i of rewards[i, f(x_i)].

        `rewards` is float32 (n, c) in [0, 1]: the beliefs themselves, or the allowed labels at
        a threshold (0 and 1; a row may be all 0). `start`, a student of this
        family for the same features and classes, is a place to begin; if it is this learner's
        own, the sum must not come out lower than `start`'s where the family can promise that.
        """
        ...

    def finish(self, student: Student) -> Student:
        """`student` ready to be judged: pruned where held rows tell, its probabilities set."""
        ...


@runtime_checkable
class Family(Protocol):
    """A family of students: a dataclass whose fields are its options.

    Each field has a default and, in its metadata, `help` (one sentence) and, for numbers,
    `minimum` and `maximum` (both included); for strings, `choices`.
    """

    name: ClassVar[str]  # as in --student
    summary: ClassVar[str]  # one line, for `crembo students`
    thresholds: ClassVar[int | None]  # how many thresholds it can gain from; None: any number

    def learner(self, task: Task) -> Learner:
        """A learner for `task`; cheap work that all fits share is done here."""
        ...
