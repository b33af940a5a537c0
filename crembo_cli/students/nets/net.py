"""The family `net`: one to three dense layers for tables and embeddings, trained by torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from crembo_cli.students.contract import Feature, Floats, Student, Task
from crembo_cli.students.graph import StudentGraph
from crembo_cli.students.nets.fitting import TrainedFamily, train_net
from crembo_cli.students.nets.layers import Dense
from crembo_cli.students.nodes import Nodes
from crembo_cli.students.program import Layer, Program
from crembo_cli.students.scored.columns import Columns, Doubles, read_columns
from crembo_cli.students.scored.inputs import (
    EXPLAINED,
    HEADINGS,
    even_shares,
    float_nodes,
    inputs_json,
    learn_inputs,
    name_inputs,
)
from crembo_cli.students.scored.model import (
    ScoredLearner,
    ScoredStudent,
    fitted_rewards,
    total_reward,
)
from crembo_cli.students.scored.text import code_lines, table
from crembo_cli.threads import one_blas_thread

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

BATCH, RATE = 128, 0.005  # rows of a step, and the learning rate at first


@dataclass(frozen=True, kw_only=True)
class NetFamily(TrainedFamily):
    """Dense layers on ramps between knots, as `mlp`."""

    name: ClassVar[str] = "net"
    summary: ClassVar[str] = "one to three dense layers, for wide tables; needs torch"
    thresholds: ClassVar[int | None] = None
    path_on_request: ClassVar[bool] = True
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ()

    width: int = field(
        default=64,
        metadata={"help": "Number of units of a hidden layer.", "minimum": 1, "maximum": 4096},
    )
    depth: int = field(
        default=2, metadata={"help": "Number of dense layers.", "minimum": 1, "maximum": 3}
    )
    knots: int = field(
        default=2,
        metadata={
            "help": "Maximum number of knots per number, at quantiles; 2: the number, clipped.",
            "minimum": 2,
            "maximum": 64,
        },
    )

    def learner(self, task: Task) -> NetLearner:
        """Centre and scale the rows of `task`, once for all fits."""
        return NetLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> NetStudent:
        """Return the net in the graph of a student's file.

        Raises ValueError, KeyError or IndexError if the nodes are not as crembo writes them.
        """
        own = StudentGraph(graph)
        pairs = list(zip(own.all("MatMul"), own.all("Add"), strict=True))
        layers = tuple(
            Dense(weight=own.value(weight), bias=own.value(bias), relu=k < len(pairs))
            for k, (weight, bias) in enumerate(pairs, start=1)
        )
        columns = read_columns(own)
        if len(layers[0].weight) != columns.width():
            found = len(layers[0].weight)
            raise ValueError(f"expected {columns.width()} inputs of the net, got {found}")
        return NetStudent(columns=columns, layers=layers)


@dataclass(frozen=True, kw_only=True, eq=False)
class NetStudent(ScoredStudent):
    """Scores of dense layers on the columns, which are centred but not standardised."""

    layers: tuple[Dense, ...]
    kind: ClassVar[str] = "net"

    def weigh(self, columns: Doubles) -> Doubles:
        """See `ScoredStudent.weigh`."""
        for layer in self.layers:
            columns = columns @ layer.weight.astype(np.float64) + layer.bias
            if layer.relu:
                columns = np.maximum(columns, 0.0)
        return columns

    def add_scores(self, nodes: Nodes, columns: str) -> str:
        """See `ScoredStudent.add_scores`."""
        for layer in self.layers:
            sums = nodes.add("MatMul", [columns, nodes.double(layer.weight)])
            columns = nodes.add("Add", [sums, nodes.double(layer.bias)])
            if layer.relu:
                columns = nodes.add("Relu", [columns])
        return columns

    def to_float_onnx(
        self, rows: str, index: str, probabilities: str
    ) -> tuple[list[NodeProto], list[TensorProto]]:
        """The same nodes as `to_onnx`, but the net in float32; see `students.quantized`."""
        layers = [(layer.weight, layer.bias) for layer in self.layers]
        return float_nodes(self.columns, layers, rows, index, probabilities)

    def sharpen(self, factor: float) -> NetStudent:
        """See `ScoredStudent.sharpen`."""
        *inner, outer = self.layers
        return replace(self, layers=(*inner, outer.scale(factor)))

    def program(self, features: Sequence[Feature]) -> Program:
        """The layers on the columns; see `students.program`."""
        del features
        return self.columns.program(
            tuple(Layer.of(layer.weight, layer.bias) for layer in self.layers)
        )

    def size(self) -> dict[str, int]:
        """Parameters: all numbers that are exported."""
        weights = sum(layer.numbers() for layer in self.layers)
        return {"parameters": self.columns.numbers() + weights}

    def describe(self, features: Sequence[Feature], classes: Sequence[str]) -> str:
        """The net's layers in a line; its weights mean little to a reader."""
        hidden = [f"{len(layer.bias)} hidden units (ReLU)" for layer in self.layers[:-1]]
        inputs = f"{len(self.layers[0].weight)} inputs ({len(features)} features)"
        layers = f"{len(self.layers)} dense layer{'s' if hidden else ''}"
        return f"A net with {layers}: {', '.join([inputs, *hidden, f'{len(classes)} scores'])}."

    def to_text(self, features: Sequence[Feature], classes: Sequence[str], name: str) -> str:
        """The layers and their inputs; see `students.contract.OptionalStudent.to_text`."""
        _, _, words = self.describe(features, classes).partition("A net with ")
        return "\n".join(
            [
                f"{name}: a net with {words}",
                "The class with the highest score is predicted; probabilities are the softmax of",
                "the scores. The weights of the layers are those of `-f json`.",
                *EXPLAINED,
                "A layer reads (input - mean). A missing value, and a category that was not seen",
                "before, count as the mean.",
                *code_lines(features),
                "",
                *table([HEADINGS, *name_inputs(self.columns, features)]),
            ]
        )

    def to_json(self, features: Sequence[Feature], classes: Sequence[int | str]) -> dict[str, Any]:
        """All weights, under "net": its inputs (see `inputs_json`), and its layers in order."""
        del features, classes  # named by the document, in this order
        layers = [
            {"weights": layer.weight.tolist(), "bias": layer.bias.tolist()} for layer in self.layers
        ]
        return {"net": {"inputs": inputs_json(self.columns), "layers": layers}}


class NetLearner(ScoredLearner[NetStudent]):
    """Fits nets for one task."""

    def __init__(self, family: NetFamily, task: Task) -> None:
        def learn(rows: Floats) -> Columns:
            return learn_inputs(rows, family.knots, task.categories)

        super().__init__(NetStudent, task, learn)
        self.family = family
        self.design.divide(even_shares(self.columns))

    @one_blas_thread()
    def fit(self, rewards: Floats, start: Student | None = None) -> NetStudent:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        rewards = fitted_rewards(self.task, rewards)
        goals = rewards[self.chosen]
        if start is None:
            return self._train(goals, None)
        first = self.own(start)
        own = first if first.columns is self.columns else None  # else of other inputs
        found = first, self._train(goals, own)
        return max(found, key=lambda student: total_reward(student, self.task.rows, rewards))

    def _train(self, goals: Floats, start: NetStudent | None) -> NetStudent:
        """Train a net on the design, a new one or one that begins as `start`."""
        from crembo_cli.students.nets.modules import net

        module = net(
            self.columns.width(),
            goals.shape[1],
            self.family.width,
            self.family.depth,
            seed=self.task.seed,
        )
        if start is not None:
            inner, *others = start.layers
            inwards, bias = self.design.from_plain(inner.weight, inner.bias)
            first = replace(inner, weight=inwards.astype(np.float32), bias=bias.astype(np.float32))
            module.adopt((first, *others))
        train_net(
            module,
            self._inputs,
            self.task.rows[self.chosen],
            goals,
            self.task,
            self.family.steps,
            started=start is not None,
            batch=BATCH,
            learning_rate=RATE,
        )
        inner, *others = module.dense_layers()
        weight, outwards = self.design.to_plain(inner.weight, inner.bias)
        layers = (replace(inner, weight=weight, bias=outwards), *others)
        return NetStudent(columns=self.columns, layers=layers)

    def _inputs(self, rows: Floats) -> Floats:
        return self.design.of(rows)
