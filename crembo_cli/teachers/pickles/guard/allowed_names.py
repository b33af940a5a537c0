"""The allow-list for pickles and .skops files, and the message of a refusal."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, NamedTuple

from crembo_cli.errors import TeacherError


class Name(NamedTuple):
    """A class or function that a file refers to; nothing was imported or looked up for it."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@cache
def allowed_names(section: str) -> frozenset[Name]:
    """Names under `section` of `allowed_names.txt`: `instances`, `values` or `stand-ins`."""
    names: set[Name] = set()
    current = ""
    for line in files(__package__).joinpath("allowed_names.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif line and not line.startswith("#") and current == section:
            module, *listed = line.split()
            names |= {Name(module, name) for name in listed}
    return frozenset(names)


def look_up(name: Name) -> Any:
    """The object that a listed `name` stands for."""
    return getattr(import_module(name.module), name.name)


def not_allowed(found: object) -> TeacherError:
    """The refusal of a file that refers to `found`, a class, a function or a construct."""
    return TeacherError(
        "the file refers to something that is not on the allow-list; no code was executed",
        found=str(found),
        wanted="classifiers of scikit-learn, XGBoost, LightGBM or CatBoost and their parts",
        hint="if you trust the source of the file, use --trust-pickle, which runs the file's code",
    )
