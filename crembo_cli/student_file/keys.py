"""The keys of a student's metadata, and all values by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PREFIX = "crembo."
VERSION, FAMILY, OPTIONS = "crembo.version", "crembo.family", "crembo.options"
SEARCH, THRESHOLD = "crembo.search", "crembo.threshold"
CLASSES, NAMES = "crembo.classes", "crembo.class_names"
SIZE, FEATURES, UNITS = "crembo.size", "crembo.features", "crembo.units"
TEACHER_SHA256, DATA_SHA256 = "crembo.teacher.sha256", "crembo.data.sha256"
TRAINING = "crembo.training"
GROUPS = "crembo.groups"
TEST_SHA256, TEST_ROWS, METRICS = "crembo.test_data.sha256", "crembo.test_rows", "crembo.metrics"
MISSING_TEXTS = "crembo.missing_texts"  # where inputs are codes: texts of missing cells


def parse_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return crembo's own values by key without its prefix, JSON parsed; {} if there are none."""
    found: dict[str, Any] = {}
    for key, text in metadata.items():
        if key.startswith(PREFIX):
            try:
                found[key.removeprefix(PREFIX)] = json.loads(text)
            except (ValueError, RecursionError):  # the file may not be crembo's
                found[key.removeprefix(PREFIX)] = text
    return found
