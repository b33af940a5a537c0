"""The allow-lists for pickles and .skops files."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from crembo_cli.errors import TeacherError


@cache
def allowed_names() -> frozenset[tuple[str, str]]:
    """Pairs of a module and an exact name in it that a file may refer to."""
    return _read("allowed_names.txt")


@cache
def callable_names() -> frozenset[tuple[str, str]]:
    """The pairs that a pickle may also call, with arguments of its choice."""
    return _read("callable_names.txt")


def _read(name: str) -> frozenset[tuple[str, str]]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return frozenset((module, name) for module, *names in lines for name in names)


def not_allowed(name: str) -> TeacherError:
    """The refusal of a file that refers to `name`, or does with it what is not allowed."""
    return TeacherError(
        "the file refers to something that is not on the allow-list; no code was executed",
        found=name,
        wanted="classifiers of scikit-learn, XGBoost, LightGBM or CatBoost and what they need",
        hint="if you trust the author of the file, use --trust-pickle, which runs its code",
    )
