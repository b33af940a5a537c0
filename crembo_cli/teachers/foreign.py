"""A teacher whose model runs in a child process: what it is asked, and how it is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.child import Child
from crembo_cli.teachers.contract import Beliefs, ClassLabel, ModelInput, ModelOutput, Progress
from crembo_cli.teachers.facts import Facts
from crembo_cli.teachers.frames import pack
from crembo_cli.teachers.labels import check_labels, one_hot
from crembo_cli.teachers.memory import default_limit
from crembo_cli.teachers.onnx_feeds import pack_feeds, spread
from crembo_cli.teachers.probabilities import Reading, choose_reading
from crembo_cli.teachers.wire import Array, Message

if TYPE_CHECKING:
    import pandas as pd

CHUNK_ROWS = 8192  # rows a question, so that a slow teacher shows progress
CHUNK_BYTES = 32 * 1024**2
TIMED_CHUNKS = 8  # a rate is measured on at most so many chunks' rows
THREADS = 4  # at the most, where not said otherwise: the cores are shared
LABELS = ""  # the name under which the child sends labels, as class indices


class ForeignTeacher:
    """A model that answers through a child process.

    The child starts at once and loads while the parent does something else. What it finds
    wrong with the file is raised by the first attribute read, or the first question.
    """

    answers_new_rows = True
    rows: int | None = None

    def __init__(
        self,
        path: Path,
        format_: str,
        *,
        activation: str,
        trust_pickle: bool,
        hard_labels: bool,
        timeout: float,
        threads: int | None,
        memory_limit: int | None,
    ) -> None:
        self.name = path.name
        self.format = format_
        self._path = path
        self._activation = activation
        self._hard = hard_labels
        self._failure: TeacherError | None = None
        self._classes: tuple[ClassLabel, ...] | None = None
        self._reading: Reading | None = None
        self._inputs: tuple[ModelInput, ...] | None = None
        self._later_warnings: list[str] = []
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

    def beliefs(self, frame: pd.DataFrame, progress: Progress | None = None) -> Beliefs:
        """See `Teacher`. The first table settles how the answers are read, for all later ones."""
        parts: list[Message] = []
        for part in self._chunks(frame):
            parts.append(self._ask("score", part))
            if progress is not None:
                progress(sum(len(arrays[0]) for _, arrays in parts))
        names = parts[0][0]["names"]
        answers = {
            name: np.concatenate([arrays[place] for _, arrays in parts])
            for place, name in enumerate(names)
        }
        told = parts[0][0]["classes"]
        labels = answers.pop(LABELS, None)
        rows = frame.index.tolist()
        if not answers and labels is not None:
            if self._classes is None:
                self._classes = tuple(told or range(int(labels.max()) + 1))
            return one_hot(labels, len(self._classes), rows)
        known = self._facts.classes if told is None else told
        first = self._reading is None
        if self._reading is None:
            self._reading = choose_reading(
                answers,
                activation=self._activation,
                classes=None if known is None else len(known),
                regressor=self._facts.regressor,
            )
        beliefs = self._reading.beliefs(answers, rows)
        if first:
            self._classes = tuple(range(beliefs.shape[1]) if known is None else known)
            remarks = check_labels(labels, beliefs, traced=known is not None)
            self._later_warnings += [*self._reading.remarks, *remarks]
        return one_hot(beliefs.argmax(axis=1), beliefs.shape[1], rows) if self._hard else beliefs

    def rows_per_second(self, frame: pd.DataFrame) -> float:
        """See `Teacher`. Best of the repeats that fit into a fifth of a second, at least one."""
        told, _ = self._ask("time", frame.iloc[: TIMED_CHUNKS * self._chunk_rows(frame)])
        return float(told["rows_per_second"])

    def close(self) -> None:
        """See `Teacher`."""
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
        return self._facts.producer

    @property
    def metadata(self) -> Mapping[str, str]:
        """See `Teacher`."""
        return self._facts.metadata

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """See `Teacher`."""
        return self._facts.feature_names

    @property
    def n_features(self) -> int | None:
        """See `Teacher`."""
        return self._facts.n_features

    @property
    def inputs(self) -> tuple[ModelInput, ...]:
        """See `Teacher`."""
        return self._facts.inputs if self._inputs is None else self._inputs

    @property
    def outputs(self) -> tuple[ModelOutput, ...]:
        """See `Teacher`."""
        return self._facts.outputs

    @property
    def classes(self) -> tuple[ClassLabel, ...]:
        """See `Teacher`; () as long as it takes a table to know them."""
        return self._classes or self._facts.classes or ()

    @property
    def classes_source(self) -> str:
        """See `Teacher`."""
        return self._facts.classes_source

    @property
    def numbered(self) -> bool:
        """See `Teacher`."""
        return self._facts.numbered

    @property
    def reading(self) -> str:
        """See `Teacher`."""
        if self._hard:
            return "the teacher's labels alone, taken as certain (--hard-labels)"
        if self._reading is None:
            return "decided by the scores on the first table"
        return self._reading.words

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `Teacher`."""
        return (*self._facts.warnings, *self._later_warnings)

    @property
    def _facts(self) -> Facts:
        if self._failure is not None:
            raise self._failure
        return self._loaded

    @cached_property
    def _loaded(self) -> Facts:
        try:
            told, _ = self._child.answer()
        except TeacherError as error:
            self._failure = error
            self.close()
            raise
        return Facts.from_json(told)

    def _files(self) -> list[Path]:
        return [self._path, *(self._path.parent / name for name in self._facts.beside)]

    def _ask(self, what: str, frame: pd.DataFrame) -> Message:
        header, arrays = self._packed(frame)
        self._child.tell({"do": what, **header}, arrays)
        return self._child.answer()

    def _packed(self, frame: pd.DataFrame) -> tuple[dict[str, Any], list[Array]]:
        facts = self._facts
        if facts.n_features is not None and frame.shape[1] != facts.n_features:
            raise TeacherError(
                "the table has another number of features than the teacher takes",
                where=self.name,
                found=f"{frame.shape[1]} features",
                wanted=str(facts.n_features),
                hint="choose columns with --features or --drop",
            )
        if not facts.inputs:
            return pack(frame)
        self._inputs = spread(facts.inputs, frame.shape[1])
        return pack_feeds(frame, self._inputs)

    def _chunk_rows(self, frame: pd.DataFrame) -> int:
        return min(CHUNK_ROWS, max(1, CHUNK_BYTES // (8 * max(1, frame.shape[1]))))

    def _chunks(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        size = self._chunk_rows(frame)
        for start in range(0, len(frame), size):
            yield frame.iloc[start : start + size]
