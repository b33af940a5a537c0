"""The contract of a student family, for our own families and for plugins.

A plugin imports nothing from this package. It offers a dataclass with the attributes of `Family`
under the entry point group `crembo.students`. `crembo_cli.testing.check_family` checks that it
keeps the contract. A family and its students may also offer the parts in `OptionalFamily` and
`OptionalStudent`; `crembo_cli.students.capabilities` reads those and supplies the defaults.

How a run uses a family:

    family = TreeFamily(max_depth=5)            the options are the dataclass's fields
    learner = family.learner(task)              once per run: bins, scales, what all fits share
    first = learner.fit(task.beliefs)           rewards = P: the soft-label student
    next_ = learner.fit(allowed, start=first)   rewards = the labels allowed at one threshold
    student = learner.finish(next_)             ready to be scored and exported
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from crembo_cli.arrays import Doubles, Floats, Indices
from crembo_cli.core.image_shape import ImageShape

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

    from crembo_cli.students.program import Program

__all__ = [
    "Family",
    "Feature",
    "Floats",
    "ImageShape",
    "Indices",
    "Learner",
    "OptionalFamily",
    "OptionalStudent",
    "Student",
    "Task",
]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column of the rows, as a reader knows it."""

    name: str  # the column's name in the table
    categories: tuple[str, ...] = ()  # code k stands for categories[k]; empty: a number
    missing: bool = False  # whether any training row has no value here
    kind: str = "number"  # of its cells: "number", "whole number", "boolean" or "text"

    def missing_texts(self, spellings: Sequence[str]) -> tuple[str, ...]:
        """Return those of `spellings` that mean a missing cell here: all but its categories."""
        own = set(self.categories)
        return tuple(text for text in spellings if text not in own)


@dataclass(frozen=True, kw_only=True)
class Task:
    """The training data of a family: n rows, p features, c >= 2 classes."""

    rows: Floats  # (n, p), C order; NaN is missing; no infinite values; a category is its code,
    # a whole number >= 0, or -1 (UNSEEN) if the encoding does not know the category
    beliefs: Floats  # (n, c), in [0, 1], rows sum to 1: the teacher's class probabilities
    validation_rows: Floats  # (m, p): for pruning or early stopping, never for fitting; m may be 0
    validation_beliefs: Floats  # (m, c): the teacher's class probabilities on the validation rows
    seed: int = 0  # the only source of randomness in a family
    objective: str = "labels"  # "labels": predict classes of large reward; "scores": reproduce the
    # teacher's probabilities, with a small cross-entropy
    utilities: Doubles | None = None  # (c, c) in [0, 1]: what predicting class y is worth where k
    # is true; None: the identity, 1 for the true class. The rewards of the fits are P @ utilities
    # (where labels are allowed by a threshold, 0 or 1); decisions are by probabilities @ utilities,
    # so that the probabilities are to be the teacher's with any utilities
    threads: int = 1  # at most this many; the student must not depend on it
    categories: tuple[int, ...] = ()  # (p,) the number of categories of each feature, 0 for a
    # number; codes are in the order of the mean teacher probability; (): all features are numbers
    shape: ImageShape | None = None  # the shape of the images; None: the rows are not images
    device: str = "auto"  # auto, cpu or cuda: where a family that can use a GPU is trained


@runtime_checkable
class Student(Protocol):
    """A fitted student. Immutable; two students are equal if they predict the same.

    Students and families must be picklable: a comparison fits them in separate processes.
    """

    def predict(self, rows: Floats) -> Indices:
        """Class indices, int64 (n,), for float32 rows (n, p)."""
        ...

    def predict_proba(self, rows: Floats) -> Floats:
        """Class probabilities, float32 (n, c); rows sum to 1 and their argmax is `predict`."""
        ...

    def size(self) -> dict[str, int]:
        """Sizes: those of tree_depth, leaves and nodes that apply, and always parameters.

        Parameters are the values needed to reproduce the predicted labels: a leaf counts as its
        label only, not as its class probabilities.
        """
        ...

    def to_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """Nodes and initializers that compute `predict` and `predict_proba`.

        They read the tensor named `rows`, float32 (batch, p), and write `index`, int64
        (batch,), and `probabilities`, float32 (batch, c). The names of nodes must begin with
        "student_", those of any other tensors with "student_" or "_". Operators are those of
        opset 18 and ai.onnx.ml 3, or of `opsets`.
        """
        ...

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """A short description for a reader: lines of plain text, no trailing newline."""
        ...


class OptionalStudent(Protocol):
    """The optional parts of a student. Each one may be missing; none is ever required."""

    kind: ClassVar[str]  # the drawings that apply: "tree", "weights", ...
    # default: "", none

    opsets: ClassVar[tuple[int, int]]  # of ONNX and of ai.onnx.ml, for the operators of `to_onnx`;
    # runtimes of 2020 load (11, 2); default: (18, 3)

    def program(self, features: Sequence[Feature]) -> Program:
        """The whole student in the form from which code is written; see `students.program`.

        Default: `crembo explain` writes no code (Python, C, SQL, ...) of this student.
        """
        ...

    def margins(self, rows: Floats, units: Doubles) -> Doubles | None:
        """The exact margin of each row, float64 (n,), >= 0, in `units`; inf if nothing changes it.

        `units` (p,) is the size of one step of each feature; a feature with unit 0 does not
        move. None if this student has no exact margins. Default: None.
        """
        ...

    def groups(self, rows: Floats) -> Indices:
        """The group of each row, int64 (n,): a tree's leaf, for example.

        All rows of a group have the same predicted class. Default: the predicted class.
        """
        ...

    def group_text(self, group: int, features: Sequence[Feature]) -> str:
        """The condition that the rows of `group` fulfil, in one line. Required with `groups`."""
        ...

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The whole student as plain text, no trailing newline; `name` is what to call it.

        Default: `describe`.
        """
        ...

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """The whole student as JSON values, under keys that say what they are ("tree").

        They stand beside the document's own keys: schema, name, classes, features and
        missing_texts. Default: {"text": describe(...)}.
        """
        ...


class Learner(Protocol):
    """One family on one task; it may keep whatever its fits share."""

    def fit(self, rewards: Floats, start: Student | None = None) -> Student:
        """Fit a student f with a large sum over i of rewards[i, f(x_i)].

        `rewards` is float32 (n, c) in [0, 1]: the beliefs themselves, or the labels allowed at
        a threshold (0 and 1; a row may be all 0). `start`, a student of this family for the same
        features and classes, is where the fit begins. If `start` comes from this learner, the
        sum must not be lower than `start`'s, unless the family cannot promise that.
        """
        ...

    def finish(self, student: Student) -> Student:
        """Prune `student` on the validation rows, set its probabilities, and return it."""
        ...


@runtime_checkable
class Family(Protocol):
    """A student family: a dataclass whose fields are its options.

    Each field has a default and, in its metadata, `help` (one sentence) and, for numbers,
    `minimum` and `maximum` (both included); for strings, `choices`.
    """

    name: ClassVar[str]  # the value of --student
    summary: ClassVar[str]  # one line, for `crembo students`
    thresholds: ClassVar[int | None]  # how many thresholds it benefits from; None: any number

    def learner(self, task: Task) -> Learner:
        """Prepare what all fits on `task` share, and return the learner."""
        ...


class OptionalFamily(Protocol):
    """The optional parts of a family. Each one may be missing; none is ever required."""

    grid: ClassVar[tuple[Mapping[str, int], ...]]  # the settings that `--student auto` tries,
    # over the options' defaults; (): it does not try the family; default: ({},), the defaults alone
    readable: ClassVar[bool]  # whether `--prefer readable` keeps it; default: False
    images: ClassVar[bool]  # whether it fits images alone: `Task.shape` is there; default: False
    path_on_request: ClassVar[bool]  # whether thresholds are left out unless the user asks for
    # some, because each takes long; default: False

    @staticmethod
    def read(graph: GraphProto) -> Student:
        """Read a student back from the ONNX graph that its `to_onnx` wrote.

        Raises ValueError, KeyError or IndexError if the graph is not as written. Default: the
        family's students are not read back, and `crembo explain` does not apply to their files.
        """
        ...
