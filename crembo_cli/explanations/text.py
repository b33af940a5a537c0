"""A student as plain text and as JSON, in the words of its own family."""

from __future__ import annotations

import json

from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import full_text, json_values

SCHEMA = 3


def text_of(explained: ReadableStudent) -> str:
    """Return the student as text with all numbers that matter; one newline at the end."""
    named = explained.printable()
    return full_text(named.student, named.features, named.class_names(), named.name) + "\n"


def json_of(explained: ReadableStudent) -> str:
    """Return the student as indented JSON in ASCII, one newline at the end.

    The values of the student stand under a key that names its kind, such as `tree`: see the
    `to_json` of each family's student. A `feature` in them is its place in `features`.
    """
    document = {
        "schema": SCHEMA,
        "name": explained.name,
        "classes": list(explained.classes),
        "features": [
            {
                "name": each.name,
                "kind": each.kind,
                "categories": list(each.categories),
                "missing_texts": list(each.missing_texts(explained.missing_texts))
                if each.categories
                else [],
            }
            for each in explained.features
        ],
        **json_values(explained.student, explained.features, explained.classes),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
