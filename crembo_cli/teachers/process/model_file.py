"""A saved model that loads in a child process in the background."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crembo_cli.cluster.engine import current_engine
from crembo_cli.dataset.dtypes import ColumnType
from crembo_cli.errors import TeacherError
from crembo_cli.teachers.contract import ModelOutput
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.process.child import Child
from crembo_cli.teachers.process.limits import default_limit

if TYPE_CHECKING:
    from crembo_cli.cluster.engine import Engine
    from crembo_cli.cluster.shared import SharedFiles

THREADS = 4  # maximum number of threads by default: other processes need cores too


class ModelFile:
    """A model that loads in a child process in the background.

    An error in the file is raised by the first property that needs the model, and by each
    property after that. The properties are those of `Teacher`.
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
        self.confinement: tuple[str, ...] = ()  # what its process may not do; () until it loaded
        self._engine = current_engine()  # whose workers answer what is more than one chunk
        self._failure: TeacherError | None = None
        self._timeout = timeout
        self.threads = threads or min(THREADS, os.cpu_count() or 1)
        self._load: dict[str, Any] = {
            "do": "load",
            "path": str(path.resolve()),
            "format": format_,
            "trust": trust_pickle,
            "hard_labels": hard_labels,
            "threads": self.threads,
            "memory": memory_limit or default_limit(),
        }
        self._child = self.start_child()

    def start_child(self) -> Child:
        """Start a process that loads the model; its first answer says so."""
        child = Child(self.name, timeout=self._timeout, threads=self.threads)
        child.tell(self._load)
        return child

    def close(self) -> None:
        """Stop the child process; closing twice is allowed."""
        self._child.close()

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file and of its external files, in the order of their names."""
        digest = hashlib.sha256()
        for path in self._files():
            with path.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
        return digest.hexdigest()

    @cached_property
    def bytes(self) -> int:
        """The size of the same files."""
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

    def column_types(self, count: int) -> tuple[ColumnType, ...]:
        """See `Teacher`."""
        return self._info.types_of(count)

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
            fields, _ = self._child.answer()
        except TeacherError as error:
            self._failure = error
            self.close()
            raise
        self.confinement = tuple(str(each) for each in fields["confinement"])
        return ModelInfo.from_json(fields)

    def _files(self) -> list[Path]:
        return [self._path.parent / name for name in self._names()]

    def _names(self) -> list[str]:
        return [self._path.name, *self._info.beside]

    def share(self, engine: Engine) -> SharedFiles:
        """Send the files to the workers of a run."""
        files = dict(zip(self._names(), self._files(), strict=True))
        return engine.share(files, self.sha256)
