"""The model file in a folder that MLflow wrote."""

from __future__ import annotations

import re
from pathlib import Path

from crembo_cli.errors import TeacherError

MLMODEL = "MLmodel"  # the file that describes the folder
FLAVORS = {  # flavors that crembo reads -> the format of the file, unless its content shows another
    "onnx": "onnx",
    "sklearn": "pickle",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
}
FILE_KEYS = ("pickled_model", "data", "model_data")
PICKLE = b"\x80"  # how a pickle of protocol 2 or later begins


def find_model(folder: Path) -> tuple[Path, str]:
    """Return the file of the model in `folder` and its format, as stated in `MLmodel`.

    Raises:
        TeacherError: the folder has no model of a library that crembo reads, or lacks its file.
    """
    flavors = _flavors((folder / MLMODEL).read_text("utf-8", errors="replace"))
    for flavor, format_ in FLAVORS.items():
        name = next(
            (flavors[flavor][key] for key in FILE_KEYS if key in flavors.get(flavor, {})), ""
        )
        if not name:
            continue
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise TeacherError(
                "the folder lacks the file of its model",
                where=str(folder / MLMODEL),
                found=repr(name),
                wanted="a file in the folder",
            )
        with path.open("rb") as stream:
            is_pickle = stream.read(1) == PICKLE
        return path, "skops" if path.suffix == ".skops" else "pickle" if is_pickle else format_
    raise TeacherError(
        "unsupported MLflow flavor",
        where=str(folder / MLMODEL),
        found=", ".join(flavors) or "no flavors",
        wanted=", ".join(FLAVORS),
        hint="name the file of the model itself, if crembo reads it",
    )


def _flavors(text: str) -> dict[str, dict[str, str]]:
    """Read the block `flavors` of the YAML, which MLflow writes with an indent of two blanks."""
    found: dict[str, dict[str, str]] = {}
    flavor, inside = "", False
    for line in text.splitlines():
        match = re.fullmatch(r"( *)([\w.-]+):\s*(.*?)\s*", line)
        if not match:
            continue
        indent, key, value = len(match[1]), match[2], match[3].strip("'\"")
        if indent == 0:
            inside = key == "flavors"
        elif inside and indent == 2:
            flavor, found[key] = key, {}
        elif inside and indent == 4:
            found[flavor][key] = value
    return found
