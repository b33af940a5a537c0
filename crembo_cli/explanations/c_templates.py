"""The parts of a student in C that are the same for all students; names begin with `crembo_`."""

from __future__ import annotations

from crembo_cli.students.program import LARGEST

HEADER = """\
/* A student by crembo @VERSION: crembo_predict(&row) gives the class's place in
   crembo_classes, crembo_probabilities(&row, p) fills p[CREMBO_CLASSES].
   The student: @NAME */
#ifndef CREMBO_STUDENT_H
#define CREMBO_STUDENT_H

#define CREMBO_CLASSES @COUNT

#ifdef __cplusplus
extern "C" {
#endif

/* A missing number is NAN, a missing text NULL; texts are UTF-8. */
struct crembo_row {
@FIELDS
};

extern const char *const crembo_classes[CREMBO_CLASSES];
int crembo_predict(const struct crembo_row *row);
void crembo_probabilities(const struct crembo_row *row, float *probabilities);

#ifdef __cplusplus
}
#endif

#endif
"""
GUARD = """\
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "missing numbers are NAN, which -ffast-math ignores: compile without it"
#endif

#include <math.h>
#include <stddef.h>
#include <string.h>

/* A product and a sum in one rounding would be another number. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__) && !defined(__TINYC__)
#pragma GCC optimize("fp-contract=off")
#endif
"""
IN = """
static int crembo_in(const char *text, int count, const char *const *others) {
    for (int k = 0; k < count; k++)
        if (strcmp(text, others[k]) == 0) return 1;
    return 0;
}"""
CODE = """
/* The code of a category, -1 for one that was not seen before. */
static double crembo_code(const char *text, int count, const char *const *categories) {
    for (int k = 0; k < count; k++)
        if (strcmp(text, categories[k]) == 0) return k;
    return -1;
}"""
NUMBER = f"""
static double crembo_number(double x) {{
    const double largest = {LARGEST!r};
    return (float)(x > largest ? largest : x < -largest ? -largest : x);
}}"""
BEGIN = """
void crembo_probabilities(const struct crembo_row *row, float *probabilities) {
    struct crembo_row x = *row;"""
ADD = "    for (int k = 0; k < CREMBO_CLASSES; k++) scores[k] += leaf[k];"
INPUTS = """\
    for (int k = 0; k < @COUNT; k++) {
        const double *c = crembo_columns[k];
        const int j = crembo_column_features[k];
        const double rise = (n[j] - c[0]) * c[1];
        const double cut = rise < c[2] ? c[2] : rise > c[3] ? c[3] : rise;
        inputs_0[k] = absent[j] || (crembo_column_coded[k] && n[j] < 0) ? 0 : cut - c[4];
    }"""
SOFTMAX = """\
    double most = scores[0], sum = 0;
    for (int k = 1; k < CREMBO_CLASSES; k++) if (scores[k] > most) most = scores[k];
    for (int k = 0; k < CREMBO_CLASSES; k++) sum += scores[k] = exp(scores[k] - most);
    for (int k = 0; k < CREMBO_CLASSES; k++) probabilities[k] = (float)(scores[k] / sum);
}"""
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
DECIDE = """
int crembo_predict(const struct crembo_row *row) {
    float probabilities[CREMBO_CLASSES];
    double values[CREMBO_CLASSES] = {0};
    int best = 0;
    crembo_probabilities(row, probabilities);
    for (int k = 0; k < CREMBO_CLASSES; k++)
        for (int y = 0; y < CREMBO_CLASSES; y++)
            values[y] += (double)probabilities[k] * crembo_utilities[k][y];
    for (int y = 1; y < CREMBO_CLASSES; y++)
        if (values[y] > values[best]) best = y;
    return best;
}
"""
