"""A teacher that runs a model in a child process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs, ClassLabel, ModelInput, Progress
from crembo_cli.teachers.interpret import HARD, Interpretation, interpret
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.onnx.inputs import pack_feeds, resolve_widths
from crembo_cli.teachers.process.model_file import ModelFile
from crembo_cli.teachers.process.on_workers import ask_workers
from crembo_cli.teachers.process.side_by_side import Children, Question
from crembo_cli.teachers.process.timing import count_timed_rows
from crembo_cli.teachers.process.wire import Array, Message, pack

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.cluster.shared import SharedFiles

CHUNK_ROWS = 8192  # rows of the first request, so that a slow teacher shows progress
GROWTH = 4  # times as many rows in later requests: a request to a forest has costs of its own
CHUNK_BYTES = 32 * 1024**2  # bytes per request
MEMORY_PER_BYTE = 20  # of a model's file, that a helper may need
TIMED_CHUNKS = 8  # a speed is measured on at most so many chunks
LABELS = ""  # the name of the array of predicted labels, as class indices


class SubprocessTeacher(ModelFile):
    """A `Teacher` that predicts in a child process.

    `activation` and `hard_labels` are those of `load_teacher`. The first request of a table has at
    most `chunk_rows` rows, each later one twice as many as the one before, up to GROWTH times
    `chunk_rows`, and none more than `chunk_bytes` bytes. The other arguments are those of
    `ModelFile`.
    """

    answers_new_rows = True
    rows: int | None = None

    def __init__(
        self,
        path: Path,
        format_: str,
        *,
        activation: str,
        hard_labels: bool,
        chunk_rows: int = CHUNK_ROWS,
        chunk_bytes: int = CHUNK_BYTES,
        **options: Any,
    ) -> None:
        super().__init__(path, format_, hard_labels=hard_labels, **options)
        self._recipe = {
            "format_": format_,
            "activation": activation,
            "hard_labels": hard_labels,
            "chunk_rows": chunk_rows,
            "chunk_bytes": chunk_bytes,
            **options,
        }
        self._activation = activation
        self._hard = hard_labels
        self._interpretation: Interpretation | None = None
        self._inputs: tuple[ModelInput, ...] | None = None
        self._chunk_size = chunk_rows, chunk_bytes
        self._pace = float(chunk_rows)  # rows per second of the last beliefs(), with transfer

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """See `Teacher`. The first table fixes the format of the outputs for all later tables."""
        if not len(frame):
            raise TeacherError("expected one row or more, got none", where=self.name)
        parts: list[Message] = []
        done, start = 0, time.perf_counter()
        first = self._interpretation is None
        sample: list[list[int]] = [[], []]  # numbers of rows, and their labels where predict works
        for part, answer in self._ask(frame, compare=first):
            parts.append(answer)
            places, labels = parts[-1][0].get("sample") or ([], None)
            if labels is not None:
                sample[0] += [done + place for place in places]
                sample[1] += labels
            done += len(part)
            if progress is not None:
                progress(done)
        self._pace = done / (time.perf_counter() - start)
        header = parts[0][0]
        answers = {
            name: np.concatenate([arrays[place] for _, arrays in parts])
            for place, name in enumerate(header["names"])
        }
        predicted = answers.pop(LABELS, None)
        rows = (frame.index + 1).tolist()  # as the messages count them
        with self._add_name_to_errors():
            if self._interpretation is None:
                self._interpretation = interpret(
                    answers,
                    predicted,
                    rows,
                    sample=(np.array(sample[0], np.int64), np.array(sample[1], np.int64)),
                    classes=header["classes"] or self._info.classes,
                    info=self._info,
                    activation=self._activation,
                    hard=self._hard,
                )
            return self._interpretation.beliefs(answers, predicted, rows)

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """See `Teacher`. By the quickest call."""
        rows = count_timed_rows(self._pace, TIMED_CHUNKS * self._chunk_rows(frame))
        answer, _ = self._request("time", frame.iloc[:rows])
        return float(answer["rows_per_second"])

    @property
    def inputs(self) -> tuple[ModelInput, ...]:
        """See `Teacher`."""
        return self._info.inputs if self._inputs is None else self._inputs

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """See `Teacher`."""
        return (
            (self._info.classes or ())
            if self._interpretation is None
            else self._interpretation.classes
        )

    @property
    def output_format(self) -> str:
        """See `Teacher`."""
        if self._interpretation is None:
            return HARD if self._hard else "not known before the first table"
        return self._interpretation.words

    @property
    def threshold(self) -> float | None:
        """See `Teacher`."""
        return None if self._interpretation is None else self._interpretation.threshold

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Teacher`."""
        later = () if self._interpretation is None else self._interpretation.notes
        return (*self._info.warnings, *later)

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way to a worker it becomes the worker's own, which reads outputs as this one."""
        assert self._engine is not None, "it leaves this process for a worker only"
        files = self.share(self._engine)
        return _of_this_worker, (files, self.name, self._recipe, self._interpretation)

    def answer(self, header: Mapping[str, Any], arrays: Sequence[Array]) -> Message:
        """Return the answer of the child process to one message."""
        _ = self._info  # its first answer
        self._child.tell(header, arrays)
        return self._child.answer()

    def _ask(self, frame: pd.DataFrame, *, compare: bool) -> Iterator[tuple[pd.DataFrame, Message]]:
        questions = self._questions(frame, compare=compare)
        if self._engine is None or len(frame) <= self._chunk_rows(frame):
            return self._children.ask(questions)
        return ask_workers(self._engine, self, questions)

    @cached_property
    def _children(self) -> Children:
        """The child, and as many helpers as there are threads and memory for."""
        most = self.threads
        if self.format == "onnx":  # onnxruntime uses all threads itself
            most = 1
        elif most > 1:
            memory = self._load["memory"] or MEMORY_PER_BYTE * self.bytes
            most = max(1, min(most, memory // (MEMORY_PER_BYTE * self.bytes)))
        return Children(self._child, self.start_child, most)

    def _questions(self, frame: pd.DataFrame, *, compare: bool) -> Iterator[Question[pd.DataFrame]]:
        info = self._info
        for part in self._chunks(frame):
            with self._add_name_to_errors():
                header, arrays = self._pack(info, part)
            yield part, {"do": "score", "compare": compare, **header}, arrays

    def close(self) -> None:
        """Stop the child processes; closing twice is allowed."""
        super().close()
        if "_children" in self.__dict__:
            self._children.close()

    def _request(self, what: str, frame: pd.DataFrame) -> Message:
        with self._add_name_to_errors():
            header, arrays = self._pack(self._info, frame)
        return self.answer({"do": what, **header}, arrays)

    @contextmanager
    def _add_name_to_errors(self) -> Iterator[None]:
        """Add the name of the teacher to errors that are found in this process."""
        try:
            yield
        except TeacherError as error:
            raise TeacherError(str(error), where=self.name) from error

    def _pack(self, info: ModelInfo, frame: pd.DataFrame) -> tuple[dict[str, Any], list[Array]]:
        if info.n_features is not None and frame.shape[1] != info.n_features:
            raise TeacherError(
                "the number of features does not match the teacher",
                found=f"{frame.shape[1]} features",
                wanted=str(info.n_features),
                hint="choose columns with --features or --drop",
            )
        if not info.inputs:
            return pack(frame)
        self._inputs = resolve_widths(info.inputs, frame.shape[1])
        return pack_feeds(frame, self._inputs)

    def _chunk_rows(self, frame: pd.DataFrame, growth: int = 1) -> int:
        rows, size = self._chunk_size
        return min(growth * rows, max(1, size // (8 * max(1, frame.shape[1]))))

    def _chunks(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        start, size = 0, self._chunk_rows(frame)
        while start < len(frame):
            yield frame.iloc[start : start + size]
            start, size = start + size, min(2 * size, self._chunk_rows(frame, GROWTH))


def _of_this_worker(
    files: SharedFiles,
    name: str,
    recipe: Mapping[str, Any],
    interpretation: Interpretation | None,
) -> SubprocessTeacher:
    """Return the model that this thread of a worker holds; it is loaded when it is first wanted."""
    teacher: SubprocessTeacher = files.opened(
        lambda folder: SubprocessTeacher(folder / name, **{**recipe, "threads": 1})
    )
    if interpretation is not None:
        teacher._interpretation = interpretation
    return teacher
