"""A foreign model's file: its child process started, and what is known before a row is seen."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.child import Child
from crembo_cli.teachers.contract import ModelOutput
from crembo_cli.teachers.facts import Facts
from crembo_cli.teachers.memory import default_limit

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
    def outputs(self) -> tuple[ModelOutput, ...]:
        """See `Teacher`."""
        return self._facts.outputs

    @property
    def classes_source(self) -> str:
        """See `Teacher`."""
        return self._facts.classes_source

    @property
    def numbered(self) -> bool:
        """See `Teacher`."""
        return self._facts.numbered

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
