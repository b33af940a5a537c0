"""What a student's file looks like, whatever its family: outputs, and how much metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crembo_cli.student_file.keys import (
    CLASSES,
    FAMILY,
    FEATURES,
    MISSING_TEXTS,
    NAMES,
    OPTIONS,
    PREFIX,
    SEARCH,
    SIZE,
    VERSION,
)
from crembo_cli.student_file.outputs import TENSOR

FULL, SHORT, NONE = "full", "short", "none"
# What `explain` needs.
ESSENTIAL = VERSION, FAMILY, SIZE, CLASSES, NAMES, FEATURES, MISSING_TEXTS
DECISIONS = "utilities", "temperature"  # of the search: how the student decides


@dataclass(frozen=True, kw_only=True)
class FileForm:
    """The choices of a user for a student's file."""

    outputs: str = TENSOR  # TENSOR, COLUMNS or ZIPMAP of `outputs`
    metadata: str = FULL  # FULL, SHORT or NONE
    portable: bool = False  # operators of ONNX alone, without those of ai.onnx.ml


def keep_level(values: Mapping[str, str], level: str) -> dict[str, str]:
    """Return those metadata that a file of this level holds."""
    if level == FULL:
        return dict(values)
    if level == NONE:
        return {}
    search: dict[str, Any] = json.loads(values[SEARCH])
    decisions = {key: search[key] for key in DECISIONS if search.get(key) not in (None, 1.0)}
    kept = {key: values[key] for key in ESSENTIAL if key in values}
    return kept | ({SEARCH: json.dumps(decisions)} if decisions else {})


def is_bare(producer: str, metadata: Mapping[str, str]) -> bool:
    """Whether crembo wrote the model of this `producer` without any metadata."""
    own = any(key.startswith(PREFIX) for key in metadata)
    return producer.partition(" ")[0] == "crembo" and not own


def note_level(path: str, producer: str, metadata: Mapping[str, str]) -> list[str]:
    """Say in one line what is not available for the file at `path`; [] if all is, or not ours."""
    if is_bare(producer, metadata):
        return [
            f"{path} has no metadata (--metadata none): its features are matched by its inputs, "
            "its costs and its training rows are not known, and `crembo explain` cannot read it"
        ]
    if FAMILY in metadata and OPTIONS not in metadata:
        return [
            f"{path} has short metadata (--metadata short): no drift, no figures of its own test "
            "rows, no counts of its training rows"
        ]
    return []
