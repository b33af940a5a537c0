"""A teacher whose model runs in a child process."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import Beliefs, ClassLabel, ModelInput, ModelOutput, Progress
from crembo_cli.teachers.interpret import HARD, Interpretation, interpret
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.onnx.inputs import pack_feeds, spread
from crembo_cli.teachers.process.child import Child, default_limit
from crembo_cli.teachers.process.wire import Array, Message, pack

if TYPE_CHECKING:
    import pandas as pd


THREADS = 4  # at the most, where not said otherwise: the cores are shared


class ModelFile:
    """A model that loads in a child process while the parent does something else.

    What is found wrong with the file is raised by the first property that needs it, and by
    every one after it. The properties are those of `Teacher`.
    """

    def __init__(
        self,
        path: Path,
        format_: str,
        *,
        trust_pickle: bool,
        hard_labels: bool,
        timeout: float,
        threads: int | None,
        memory_limit: int | None,
    ) -> None:
        self.name = path.name
        self.format = format_
        self._path = path
        self._failure: TeacherError | None = None
        threads = threads or min(THREADS, os.cpu_count() or 1)
        self._child = Child(path.name, timeout=timeout, threads=threads)
        self._child.tell(
            {
                "do": "load",
                "path": str(path.resolve()),
                "format": format_,
                "trust": trust_pickle,
                "hard_labels": hard_labels,
                "threads": threads,
                "memory": memory_limit or default_limit(),
            }
        )

    def close(self) -> None:
        """Ends the child process; closing twice is fine."""
        self._child.close()

    @cached_property
    def sha256(self) -> str:
        """Of the file, and of the files beside it that hold its weights, in their names' order."""
        digest = hashlib.sha256()
        for path in self._files():
            with path.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
        return digest.hexdigest()

    @cached_property
    def bytes(self) -> int:
        """Of the same files."""
        return sum(path.stat().st_size for path in self._files())

    @property
    def producer(self) -> str:
        """See `Teacher`."""
        return self._info.producer

    @property
    def metadata(self) -> Mapping[str, str]:
        """See `Teacher`."""
        return self._info.metadata

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """See `Teacher`."""
        return self._info.feature_names

    @property
    def n_features(self) -> int | None:
        """See `Teacher`."""
        return self._info.n_features

    @property
    def outputs(self) -> tuple[ModelOutput, ...]:
        """See `Teacher`."""
        return self._info.outputs

    @property
    def classes_source(self) -> str:
        """See `Teacher`."""
        return self._info.classes_source

    @property
    def numbered(self) -> bool:
        """See `Teacher`."""
        return self._info.numbered

    @property
    def _info(self) -> ModelInfo:
        if self._failure is not None:
            raise self._failure
        return self._loaded

    @cached_property
    def _loaded(self) -> ModelInfo:
        try:
            told, _ = self._child.answer()
        except TeacherError as error:
            self._failure = error
            self.close()
            raise
        return ModelInfo.from_json(told)

    def _files(self) -> list[Path]:
        return [self._path, *(self._path.parent / name for name in self._info.beside)]


CHUNK_ROWS = 8192  # rows a question, so that a slow teacher shows progress
CHUNK_BYTES = 32 * 1024**2
TIMED_CHUNKS = 8  # a rate is measured on the rows of at most so many chunks,
TIMED_SECONDS = 2.0  # and on no more rows than took so long when beliefs were asked for
LABELS = ""  # the name under which the child sends labels, as class indices


class SubprocessTeacher(ModelFile):
    """A `Teacher` that answers through a child process.

    `activation` and `hard_labels` are those of `load_teacher`; the rest is `ModelFile`'s.
    """

    answers_new_rows = True
    rows: int | None = None

    def __init__(
        self, path: Path, format_: str, *, activation: str, hard_labels: bool, **options: Any
    ) -> None:
        super().__init__(path, format_, hard_labels=hard_labels, **options)
        self._activation = activation
        self._hard = hard_labels
        self._interpretation: Interpretation | None = None
        self._inputs: tuple[ModelInput, ...] | None = None
        self._pace = float(CHUNK_ROWS)  # rows a second, there and back, as beliefs last took

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """See `Teacher`. The first table settles how the answers are read, for all later ones."""
        if not len(frame):
            raise TeacherError("there are no rows to ask the teacher about", where=self.name)
        parts: list[Message] = []
        asked, start = 0, time.perf_counter()
        for part in self._chunks(frame):
            parts.append(self._ask("score", part))
            asked += len(part)
            if progress is not None:
                progress(asked)
        self._pace = asked / (time.perf_counter() - start)
        header = parts[0][0]
        answers = {
            name: np.concatenate([arrays[place] for _, arrays in parts])
            for place, name in enumerate(header["names"])
        }
        labels = answers.pop(LABELS, None)
        rows = frame.index.tolist()
        with self._named():
            if self._interpretation is None:
                self._interpretation = interpret(
                    answers,
                    labels,
                    rows,
                    classes=header["classes"] or self._info.classes,
                    info=self._info,
                    activation=self._activation,
                    hard=self._hard,
                )
            return self._interpretation.beliefs(answers, labels, rows)

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """See `Teacher`. The best of the repeats that fit into a fifth of a second."""
        rows = min(TIMED_CHUNKS * self._chunk_rows(frame), max(1, int(TIMED_SECONDS * self._pace)))
        told, _ = self._ask("time", frame.iloc[:rows])
        return float(told["rows_per_second"])

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
            return HARD if self._hard else "decided by the numbers on the first table"
        return self._interpretation.words

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Teacher`."""
        later = () if self._interpretation is None else self._interpretation.notes
        return (*self._info.warnings, *later)

    def _ask(self, what: str, frame: pd.DataFrame) -> Message:
        info = self._info
        with self._named():
            header, arrays = self._packed(info, frame)
        self._child.tell({"do": what, **header}, arrays)
        return self._child.answer()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Puts the teacher's name before what is found wrong on this side of the wire."""
        try:
            yield
        except TeacherError as error:
            raise TeacherError(str(error), where=self.name) from error

    def _packed(self, info: ModelInfo, frame: pd.DataFrame) -> tuple[dict[str, Any], list[Array]]:
        if info.n_features is not None and frame.shape[1] != info.n_features:
            raise TeacherError(
                "the table has another number of features than the teacher takes",
                found=f"{frame.shape[1]} features",
                wanted=str(info.n_features),
                hint="choose columns with --features or --drop",
            )
        if not info.inputs:
            return pack(frame)
        self._inputs = spread(info.inputs, frame.shape[1])
        return pack_feeds(frame, self._inputs)

    def _chunk_rows(self, frame: pd.DataFrame) -> int:
        return min(CHUNK_ROWS, max(1, CHUNK_BYTES // (8 * max(1, frame.shape[1]))))

    def _chunks(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        size = self._chunk_rows(frame)
        for start in range(0, len(frame), size):
            yield frame.iloc[start : start + size]
