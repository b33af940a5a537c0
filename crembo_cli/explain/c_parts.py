"""Pieces of C that hold for every student: functions, and literals that no name breaks out of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crembo_cli.errors import printable
from crembo_cli.students.contract import Feature

ABSENT = """
static int crembo_in(const char *text, int count, const char *const *others) {
    for (int k = 0; k < count; k++)
        if (strcmp(text, others[k]) == 0) return 1;
    return 0;
}

static int crembo_absent(const char *text) {
    return text == NULL || crembo_in(text, CREMBO_MISSING_TEXTS, crembo_missing_texts);
}
"""
CODE = """
/* The code of a category, -1 where it was not seen before, NAN where it is missing. */
static double crembo_code(const char *text, int count, const char *const *categories) {
    if (crembo_absent(text)) return NAN;
    for (int k = 0; k < count; k++)
        if (strcmp(text, categories[k]) == 0) return k;
    return -1;
}
"""
SUMS = """
void crembo_probabilities(const struct crembo_row *row, float *probabilities) {
    double numbers[CREMBO_FEATURES], points[CREMBO_CLASSES], sum = 0, most;
    crembo_numbers(row, numbers);
    for (int k = 0; k < CREMBO_CLASSES; k++) points[k] = crembo_begin[k];
    for (int j = 0; j < CREMBO_FEATURES; j++) {
        const int absent = numbers[j] != numbers[j];
        const double step = absent ? 1 : numbers[j] - crembo_means[j];
        const double *weights = absent ? crembo_missing[j] : crembo_weights[j];
        for (int k = 0; k < CREMBO_CLASSES; k++) points[k] += step * weights[k];
    }
    most = points[0];
    for (int k = 1; k < CREMBO_CLASSES; k++) if (points[k] > most) most = points[k];
    for (int k = 0; k < CREMBO_CLASSES; k++) sum += points[k] = exp(points[k] - most);
    for (int k = 0; k < CREMBO_CLASSES; k++) probabilities[k] = (float)(points[k] / sum);
}
"""
PREDICT = """
int crembo_predict(const struct crembo_row *row) {
    float probabilities[CREMBO_CLASSES];
    int best = 0;
    crembo_probabilities(row, probabilities);
    for (int k = 1; k < CREMBO_CLASSES; k++)
        if (probabilities[k] > probabilities[best]) best = k;
    return best;
}
"""


def field(j: int, feature: Feature) -> str:
    """The member of the struct: letters, digits and underscores, made unique by its place."""
    return f"f{j}_{re.sub(r'[^A-Za-z0-9_]+', '_', feature.name)[:40]}"


def comment(text: str) -> str:
    """`text` within a comment: on one line, and without what would end or begin one."""
    return printable(text).replace("*/", "* /").replace("/*", "/ *")


def texts(name: str, values: Sequence[str], *, public: bool = False) -> str:
    """A table of texts."""
    listed = ", ".join(map(_text, values)) or "NULL"
    return f"{'' if public else 'static '}const char *const {name}[] = {{{listed}}};"


def numbers(values: Iterable[float]) -> str:
    """A row of doubles; each is written so that it is read back as it is."""
    return f"{{{', '.join(repr(float(value)) for value in values)}}}"


def _text(text: str) -> str:
    """A string literal in ASCII; ? is escaped too, as two of them may begin a trigraph."""
    plain = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(plain)}"'
