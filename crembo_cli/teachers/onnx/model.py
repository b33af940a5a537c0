"""An ONNX classifier in the child process: identify its outputs and return them as arrays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelOutput
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.onnx.classes import Traced, find_operator, trace_labels, zipmap_labels
from crembo_cli.teachers.onnx.file import external_files, open_session, read_model
from crembo_cli.teachers.onnx.inputs import Feeds, build_feeds, describe_input, fixed_batch
from crembo_cli.teachers.process.wire import Array, Message

if TYPE_CHECKING:
    from onnx import ModelProto

LABEL_TYPES = ("tensor(int64)", "tensor(int32)", "tensor(string)", "tensor(bool)")
SCORE_TYPES = ("tensor(float)", "tensor(double)", "tensor(float16)")
REGRESSORS = ("TreeEnsembleRegressor", "LinearRegressor", "SVMRegressor")
RUN_ROWS = 1024  # rows per run of the session, if the model accepts any batch size
NUMBERED = "not in the model: classes are numbered from 0"


class OnnxModel:
    """A session of onnxruntime with its inputs and outputs."""

    def __init__(self, path: str, *, threads: int, hard_labels: bool) -> None:
        model = read_model(Path(path))
        beside = external_files(model, Path(path).parent)
        self._session = open_session(path)
        self._threads = threads
        self._inputs = tuple(describe_input(each) for each in self._session.get_inputs())
        self._batch = fixed_batch(self._inputs)
        outputs = self._session.get_outputs()
        self._types = {each.name: each.type for each in outputs}
        self._label = next((name for name, t in self._types.items() if t in LABEL_TYPES), None)
        self._maps = [name for name, t in self._types.items() if t.startswith("seq(map(")]
        scores = [name for name, t in self._types.items() if t in SCORE_TYPES]
        traced = self._trace_classes(model)
        self._classes = None if traced is None else traced[0]
        if hard_labels and self._label is not None:
            self._read = [self._label]
        else:
            self._read = [*([] if self._label is None else [self._label]), *self._maps[:1]]
            self._read += [] if self._maps else scores
            self._check_scores(self._maps + scores)
        names = tuple(each.name for each in self._inputs)
        widths = [each.width for each in self._inputs]
        makers = {find_operator(model.graph, name) for name in scores} & set(REGRESSORS)
        regressor = f"the operator {min(makers)}" if makers and self._label is None else ""
        self.info = ModelInfo(
            producer=_producer(model),
            metadata={each.key: each.value for each in model.metadata_props},
            feature_names=names if len(names) > 1 and set(widths) == {1} else None,
            n_features=sum(widths) if all(widths) else None,
            inputs=self._inputs,
            outputs=tuple(
                ModelOutput(name=each.name, type=each.type, shape=tuple(each.shape or ()))
                for each in outputs
            ),
            classes=self._classes,
            classes_source=traced[1] if traced else NUMBERED,
            numbered=traced is None and not self._maps,
            beside=beside,
            regressor=regressor,
        )

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> Feeds:
        """Return the rows of a message, for one run of the session or several.

        The split into runs does not depend on the number of threads, so neither do the outputs.
        """
        feeds = build_feeds(self._inputs, header, arrays)
        if self._batch is not None:
            return feeds
        (whole,) = feeds
        return [
            {name: cells[start : start + RUN_ROWS] for name, cells in whole.items()}
            for start in range(0, header["rows"], RUN_ROWS)
        ]

    def predict(self, rows: Feeds) -> list[list[Any]]:
        """Return the used outputs of each run; up to `threads` runs go in parallel."""

        def run(feeds: dict[str, Array]) -> list[Any]:
            answer: list[Any] = self._session.run(self._read, feeds)
            return answer

        if min(self._threads, len(rows)) == 1:
            return [run(feeds) for feeds in rows]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(run, rows))

    def scores(self, answer: list[list[Any]], count: int) -> Message:
        """Return scores as named arrays (n, k), and labels under the name "", int64 (n,).

        Labels are class indices, or the labels themselves if the classes are unknown.
        """
        arrays: list[Array] = []
        for place, name in enumerate(self._read):
            parts = [run[place] for run in answer]
            if name in self._maps:
                arrays.append(self._from_maps([row for part in parts for row in part][:count]))
            elif name == self._label:
                arrays.append(
                    self._indices(np.concatenate([part.ravel() for part in parts]), count)
                )
            else:
                arrays.append(self._score_rows(name, np.concatenate(parts), count))
        names = ["" if name == self._label else name for name in self._read]
        return {"names": names, "classes": self._classes}, arrays

    def _check_scores(self, names: list[str]) -> None:
        if not names:
            raise TeacherError(
                "the teacher has no output of probabilities",
                found=", ".join(f"{name!r}: {type_}" for name, type_ in self._types.items()),
                hint="use its predicted labels: --hard-labels"
                if self._label
                else "save the model with its probabilities as an output",
            )

    def _trace_classes(self, model: ModelProto) -> Traced | None:
        for name in self._maps:
            return zipmap_labels(model.graph, name)
        if self._label is None:
            return None
        traced = trace_labels(model.graph, self._label)
        if traced is None and self._types[self._label] == "tensor(string)":
            raise TeacherError(
                f"the class labels of the output {self._label!r} are unknown",
                hint="save the model with its scores as the only output, to number its classes",
            )
        return traced

    def _from_maps(self, maps: list[dict[Any, float]]) -> Array:
        if self._classes is None:
            self._classes = tuple(maps[0])
        return np.array([[row[key] for key in self._classes] for row in maps])

    def _indices(self, labels: Array, count: int) -> Array:
        if len(labels) != count + (-count % (self._batch or 1)):
            raise TeacherError(
                f"unsupported output {self._label!r}: several labels per row",
                found=f"{len(labels)} labels for {count} rows",
                wanted="one label per row",
            )
        cells = labels[:count]
        if self._classes is None:
            return cells.astype(np.int64)
        places = {label: place for place, label in enumerate(self._classes)}
        unknown = [cell for cell in cells.tolist() if cell not in places]
        if unknown:
            raise TeacherError(
                "the teacher predicts an unknown label",
                found=repr(unknown[0]),
                wanted=f"one of {list(self._classes)}",
            )
        return np.array([places[cell] for cell in cells.tolist()], dtype=np.int64)

    def _score_rows(self, name: str, scores: Array, count: int) -> Array:
        rows = scores.shape[0] if self._batch is None else min(scores.shape[0], count)
        if rows != count or sum(size != 1 for size in scores.shape[1:]) > 1:
            raise TeacherError(
                f"unsupported shape of the output {name!r}",
                found=f"shape {scores.shape} for {count} rows",
                wanted=f"({count}, number of classes)",
            )
        return scores[:count].reshape(count, -1)


def _producer(model: ModelProto) -> str:
    version = model.producer_version.strip()
    return f"{model.producer_name} {'' if chr(10) in version else version}".strip()
