"""The allow-list that pickles and .skops files are held against."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from crembo_cli.errors import TeacherError


@cache
def allowed_names() -> frozenset[tuple[str, str]]:
    """Pairs of a module and an exact name in it, as `allowed_names.txt` lists them."""
    text = files(__package__).joinpath("allowed_names.txt").read_text("utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return frozenset((module, name) for module, *names in lines for name in names)


def not_allowed(name: str) -> TeacherError:
    """What a file is told whose class or function `name`, with its module, is not on the list."""
    return TeacherError(
        "the file wants to load what is not on the allow-list; nothing of it was run",
        found=name,
        wanted="classifiers of scikit-learn, XGBoost, LightGBM or CatBoost and what they need",
        hint="if you trust whoever made the file, --trust-pickle loads it, which runs its code",
    )
