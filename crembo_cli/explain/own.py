"""What a student of ours says of itself, whatever its family."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crembo_cli.errors import StudentError
from crembo_cli.explain.model import Explained
from crembo_cli.explain.read import (
    READERS,
    features_of,
    metadata_of,
    missing_texts_of,
    read_model,
    read_student,
)
from crembo_cli.students.contract import Feature


@dataclass(frozen=True, kw_only=True)
class Own:
    """A student that crembo wrote."""

    family: str
    options: dict[str, Any]
    size: dict[str, int]  # as `students.contract.Student.size` told it
    features: tuple[Feature, ...]
    units: tuple[float, ...] | None  # what a change of 1 is for each; None in old files
    missing_texts: tuple[str, ...]
    data_sha256: str | None  # of the table it was fitted on
    insides: Explained | None  # None for families without a short form


def read_own(path: str | Path) -> Own | None:
    """What the ONNX file at `path` says; None where crembo did not write it.

    Raises StudentError where there is no model, or one of ours that was changed.
    """
    model = read_model(path)
    told = metadata_of(model)
    if "crembo.family" not in told:
        return None
    family = told["crembo.family"]
    try:
        units = json.loads(told.get("crembo.units", "null"))
        return Own(
            family=family,
            options=json.loads(told.get("crembo.options", "{}")),
            size=dict(json.loads(told.get("crembo.size", "{}"))),
            features=features_of(model),
            units=None if units is None else tuple(float(each) for each in units),
            missing_texts=missing_texts_of(model),
            data_sha256=told.get("crembo.data.sha256"),
            insides=read_student(path) if family in READERS else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StudentError(
            "what the student says of itself cannot be read",
            where=str(path),
            found=f"{type(error).__name__}: {error}",
            hint="its metadata were changed after crembo wrote them",
        ) from error
