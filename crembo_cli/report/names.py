"""The numbers of a report by name, known before a run: a slip of the pen must not cost an hour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from crembo_cli.assessment import DELTAS
from crembo_cli.errors import UsageError
from crembo_cli.robustness.model import number_paths

Keys = tuple[str, ...]  # that lead to a number in the JSON report

FIRST = (
    "metrics.student.accuracy",
    "metrics.student.balanced_accuracy",
    "metrics.student.fidelity",
    "metrics.student.depth",
    *(f"metrics.student.insensitive_depth.{delta:g}" for delta in DELTAS),
    "metrics.student.mean_belief",
    *(f"student.size.{name}" for name in ("tree_depth", "leaves", "nodes", "parameters", "bytes")),
)
KNOWN = (*FIRST, *(f"robustness.{path}" for path in number_paths()))


def keys_of(name: str, where: str) -> Keys:
    """The keys of the number that `name` means: all of them, or the last ones from some key on.

    Raises UsageError, at `where`, for a name that means none, or several.
    """
    paths = [_keys(known) for known in KNOWN]
    meant = _meant(_keys(name), paths)
    if len(meant) == 1:
        return meant[0]
    keys = _keys(name)
    above = meant or [path for path in paths if _within(keys, path)]
    short = {_shortest(path, paths): path for path in above or paths}
    close = get_close_matches(name, short, n=5) or list(short)[: len(FIRST)]
    raise UsageError(
        "the metric's name is ambiguous" if above else "there is no such metric",
        where=where,
        found=repr(name),
        wanted=" or ".join(short if above else close),
        hint=None if above else "`crembo compress --explain-report` says what each means",
    )


def _meant(keys: Keys, paths: Sequence[Keys]) -> list[Keys]:
    """The paths that `keys` mean: all of their keys, or the last ones from some key on.

    A figure that several have is the student's: agreement means agreement.student. Of the same
    name at several places, the one in the table of figures is meant.
    """
    n = len(keys)
    meant = [
        path
        for path in paths
        if path[-n:] == keys or (path[-1] == "student" and path[-n - 1 : -1] == keys)
    ]
    first = [path for path in meant if path[0] != "robustness"]
    return first if len(first) == 1 and keys[0].isidentifier() else meant


def _within(keys: Keys, path: Keys) -> bool:
    """Whether `keys` name a group that the number at `path` belongs to."""
    return any(path[k : k + len(keys)] == keys for k in range(1, len(path) - len(keys)))


def _shortest(path: Keys, paths: Sequence[Keys]) -> str:
    """The fewest last keys of `path`, beginning with a word, that mean it alone."""
    counts = range(1, len(path))
    names = [*(path[-count - 1 : -1] for count in counts), *(path[-count:] for count in counts)]
    clear = [name for name in names if name[0].isidentifier() and _meant(name, paths) == [path]]
    shortest = min(clear or [path], key=len)
    return ".".join(shortest)


def _keys(path: str) -> Keys:
    """The keys that lead to a leaf; a delta such as 0.05 is one key."""
    return tuple(re.findall(r"\d+\.\d+|[^.]+", path))
