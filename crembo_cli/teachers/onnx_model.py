"""An ONNX classifier, in the child process: opened, fed, and its outputs told apart."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelInput, ModelOutput
from crembo_cli.teachers.facts import Facts
from crembo_cli.teachers.onnx_classes import Traced, made_by, trace_labels, zipmap_labels
from crembo_cli.teachers.onnx_feeds import DTYPES
from crembo_cli.teachers.wire import Array, Message

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

Feeds = list[dict[str, Array]]  # one for each run of the session

LABEL_TYPES = ("tensor(int64)", "tensor(int32)", "tensor(string)", "tensor(bool)")
SCORE_TYPES = ("tensor(float)", "tensor(double)", "tensor(float16)")
REGRESSORS = ("TreeEnsembleRegressor", "LinearRegressor", "SVMRegressor")


class OnnxModel:
    """A session of onnxruntime and what is known of its inputs and outputs."""

    def __init__(self, path: str, *, threads: int, hard_labels: bool) -> None:
        graph_of = read_model(Path(path))
        self._session = open_session(path, threads)
        self._inputs = tuple(_input(each) for each in self._session.get_inputs())
        self._batch = _fixed_batch(self._inputs)
        outputs = self._session.get_outputs()
        self._label = next((each.name for each in outputs if each.type in LABEL_TYPES), None)
        self._scores = [each.name for each in outputs if each.type in SCORE_TYPES]
        self._maps = [each.name for each in outputs if each.type.startswith("seq(map(")]
        traced = self._trace(graph_of)
        self._classes = None if traced is None else traced[0]
        self._hard = hard_labels and self._label is not None
        if not self._scores and not self._maps and not self._hard:
            raise TeacherError(
                "the teacher answers with labels alone, without probabilities",
                found=", ".join(f"{each.name!r}: {each.type}" for each in outputs),
                hint="--hard-labels takes its labels as certain beliefs"
                if self._label
                else "save the model with its probabilities as an output",
            )
        names = tuple(each.name for each in self._inputs)
        widths = [each.width for each in self._inputs]
        regressor = {made_by(graph_of.graph, name) for name in self._scores} & set(REGRESSORS)
        self.facts = Facts(
            producer=f"{graph_of.producer_name} {graph_of.producer_version}".strip(),
            metadata={each.key: each.value for each in graph_of.metadata_props},
            feature_names=names if len(names) > 1 and set(widths) == {1} else None,
            n_features=sum(widths) if all(widths) else None,
            inputs=self._inputs,
            outputs=tuple(
                ModelOutput(name=each.name, type=each.type, shape=tuple(each.shape or ()))
                for each in outputs
            ),
            classes=self._classes,
            classes_source=traced[1] if traced else "nowhere in the model: numbered from 0",
            numbered=traced is None and not self._maps,
            beside=_beside(graph_of),
            regressor=f"the operator {regressor.pop()} behind its output"
            if regressor and self._label is None
            else "",
        )

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> Feeds:
        """The message's feeds in the model's shapes, cut into its batches where those are fixed.

        The last fixed batch is filled up by repeating its last row.
        """
        count = header["rows"]
        whole: dict[str, Array] = {}
        for each, feed in zip(self._inputs, header["feeds"], strict=True):
            cells = arrays[feed["array"]] if "array" in feed else np.array(feed["texts"], object)
            tail = [size if isinstance(size, int) else -1 for size in each.shape[1:]]
            whole[each.name] = cells.reshape([count, *tail])
        if self._batch is None:
            return [whole]
        starts = range(0, count, self._batch)
        return [
            {
                name: _filled(cells[a : a + self._batch], self._batch)
                for name, cells in whole.items()
            }
            for a in starts
        ]

    def predict(self, rows: Feeds) -> list[list[Any]]:
        """The outputs that are read, for each run."""
        return [self._session.run(self._read(), feeds) for feeds in rows]

    def scores(self, answer: list[list[Any]], count: int) -> Message:
        """Scores as named arrays (n, k), and labels as class indices int64 (n,)."""
        names: list[str] = []
        arrays: list[Array] = []
        for place, name in enumerate(self._read()):
            parts = [run[place] for run in answer]
            if name in self._maps:
                joined = self._from_maps([row for part in parts for row in part])
            else:
                joined = np.concatenate([np.asarray(part) for part in parts])
            if self._batch is not None:
                joined = joined[:count]
            if len(joined) != count:
                raise TeacherError(
                    f"the teacher's output {name!r} has another number of rows than it was given",
                    found=f"shape {joined.shape}",
                    wanted=f"{count} rows",
                )
            if name == self._label:
                names.append("")
                arrays.append(self._indices(joined.reshape(count, -1)))
            else:
                names.append(name)
                arrays.append(_flat(name, joined))
        return {"names": names, "classes": self._classes}, arrays

    def _read(self) -> list[str]:
        label = [] if self._label is None else [self._label]
        return label if self._hard else [*label, *(self._maps[:1] or self._scores)]

    def _trace(self, model: ModelProto) -> Traced | None:
        for name in self._maps:
            return zipmap_labels(model.graph, name)
        traced = None if self._label is None else trace_labels(model.graph, self._label)
        if traced is not None:
            return traced
        types = {each.name: each.type for each in self._session.get_outputs()}
        if self._label is not None and types[self._label] == "tensor(string)":
            raise TeacherError(
                f"the class labels behind the output {self._label!r} could not be traced",
                hint="save the model with its scores alone; its classes are then numbered",
            )
        return None

    def _from_maps(self, maps: list[dict[Any, float]]) -> Array:
        if self._classes is None:
            self._classes = tuple(maps[0])
        return np.array([[row[key] for key in self._classes] for row in maps])

    def _indices(self, labels: Array) -> Array:
        if labels.shape[1] != 1:
            raise TeacherError(
                "the teacher gives several labels a row",
                found=f"{labels.shape[1]} labels",
                wanted="one",
            )
        cells = labels[:, 0]
        if self._classes is None:
            return cells.astype(np.int64)
        places = {label: place for place, label in enumerate(self._classes)}
        unknown = [cell for cell in cells.tolist() if cell not in places]
        if unknown:
            raise TeacherError(
                "the teacher gives a label that is not among the classes found in it",
                found=repr(unknown[0]),
                wanted=f"one of {list(self._classes)}",
            )
        return np.array([places[cell] for cell in cells.tolist()], dtype=np.int64)


def read_model(path: Path) -> ModelProto:
    """The model's graph, without weights that lie beside it.

    Raises:
        TeacherError: the file is no ONNX model, or a part of one.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # no types

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        begins = path.read_bytes()[:1] == b"\x08"  # the tag of ir_version, the first field
        raise TeacherError(
            "the file begins as an ONNX model and is damaged: it may be cut short"
            if begins
            else "not an ONNX model",
            found=f"{path.stat().st_size} bytes that cannot be parsed",
            wanted="an ONNX model",
        ) from error
    if not model.graph.output:
        raise TeacherError("not an ONNX model", found="no graph with outputs in it")
    return model


def open_session(path: str, threads: int) -> InferenceSession:
    """A session that computes on `threads` threads and waits for rows without spinning.

    Opened by path, so that onnxruntime finds weights that lie beside the model (and refuses
    those that a "../" points to).

    Raises:
        TeacherError: onnxruntime cannot run the model; the message is its own.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:  # its classes share no base but Exception
        raise TeacherError(f"onnxruntime cannot open the model: {error}") from error


def _input(node: Any) -> ModelInput:
    type_ = node.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(node.shape or ())
    inner = shape[1:]
    open_ends = [size for size in inner if not isinstance(size, int)]
    if (type_ not in DTYPES and type_ != "string") or not shape or len(open_ends) > 1:
        raise TeacherError(
            f"the teacher's input {node.name!r} cannot be fed from columns",
            found=f"{node.type} of shape {list(shape)}",
            wanted="a tensor of numbers, bool or string with a batch and at most one open size",
        )
    width = 0 if open_ends else math.prod(int(size) for size in inner)
    return ModelInput(name=node.name, type=type_, shape=shape, width=width)


def _fixed_batch(inputs: tuple[ModelInput, ...]) -> int | None:
    sizes = {each.shape[0] for each in inputs if isinstance(each.shape[0], int)}
    if len(sizes) > 1 or (len(inputs) > 1 and not all(each.width for each in inputs)):
        raise TeacherError(
            "the teacher's inputs cannot be fed from columns",
            found=", ".join(f"{each.name!r} of shape {list(each.shape)}" for each in inputs),
            wanted="one batch size, and known sizes where there are several inputs",
        )
    return next((int(size) for size in sizes if isinstance(size, int)), None)


def _filled(cells: Array, batch: int) -> Array:
    lacking = batch - len(cells)
    return np.concatenate([cells, np.repeat(cells[-1:], lacking, axis=0)]) if lacking else cells


def _flat(name: str, scores: Array) -> Array:
    if sum(size != 1 for size in scores.shape[1:]) > 1:
        raise TeacherError(
            f"the teacher's output {name!r} is no list of classes",
            found=f"shape {scores.shape}",
            wanted="one score per class and row",
        )
    return scores.reshape(len(scores), -1)


def _beside(model: ModelProto) -> tuple[str, ...]:
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    tensors = [each for each in model.graph.initializer if uses_external_data(each)]
    return tuple(sorted({ExternalDataInfo(each).location for each in tensors}))
