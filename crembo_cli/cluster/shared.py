"""Files that each worker of a run has once, and what its threads opened from them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crembo_cli.errors import ClusterError

# In a worker: the folders of the files, and what each thread opened, by the key of the files.
_folders: dict[str, Path] = {}
_opened: dict[str, dict[int, Any]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class SharedFiles:
    """Files that were sent to the workers."""

    key: str  # of the run and the files

    def opened(self, open_: Callable[[Path], Any]) -> Any:
        """Return `open_(folder)` for the folder of the files, once per thread of a worker.

        It is closed at the end of the run.
        """
        with _lock:
            folder, here = _folders.get(self.key), threading.get_ident()
            if folder is None:
                raise ClusterError("the run has ended, or did not send its files here")
            known = _opened.setdefault(self.key, {})
            if here not in known:
                known[here] = open_(folder)
            return known[here]


def keep_folder(key: str, folder: Path) -> None:
    """Make the files in `folder` those of `key`, in this worker."""
    with _lock:
        _folders[key] = folder


def close_opened(key: str) -> None:
    """Close what was opened of the files of `key`, in this worker."""
    with _lock:
        _folders.pop(key, None)
        found = _opened.pop(key, {})
    for each in found.values():
        with suppress(Exception):
            each.close()
