"""The versions of the workers: those of this process, or the results could differ."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib import metadata
from typing import Any

from crembo_cli.errors import ClusterError

# What decides about a result, and about the messages, to the last bit.
SAME = ("crembo-cli", "numpy", "pandas", "pyarrow", "scikit-learn", "onnxruntime", "distributed")
SAME_IF_THERE = ("xgboost", "lightgbm", "catboost", "skops")  # what some teachers need

# Calls a function on each worker: what it returns or raises, by the worker's address.
Run = Callable[..., dict[str, Any]]


def check_versions(run: Run) -> None:
    """Raise ClusterError for a worker with other versions than this process."""
    for name in (*SAME, *SAME_IF_THERE):
        own = _version(name)
        found = run(metadata.version, name)
        for worker, version in sorted(found.items()):
            lacks = isinstance(version, metadata.PackageNotFoundError)
            if name in SAME_IF_THERE and (lacks or own is None):
                continue
            if lacks:
                raise ClusterError(
                    f"{name} is not installed",
                    where=f"worker {worker}",
                    wanted=f"version {own}",
                    hint=f"install {name} {own} there, with the versions of all that it needs here",
                )
            if isinstance(version, str) and version != own:
                raise _other(worker, name, version, own)
    here = platform.python_version_tuple()[:2]
    pythons = run(platform.python_version_tuple)
    for worker, there in sorted(pythons.items()):
        if isinstance(there, tuple) and there[:2] != here:
            raise _other(worker, "Python", ".".join(there[:2]), ".".join(here))


def _other(worker: str, name: str, version: str, own: str | None) -> ClusterError:
    return ClusterError(
        f"another version of {name}",
        where=f"worker {worker}",
        found=version,
        wanted=f"{own}, as here",
        hint="install the same versions on all machines",
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
