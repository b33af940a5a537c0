"""The table of every number in a report: one row for each.

Gates, glossary, tables and the JSON schema loop over METRICS. To add a metric, compute it in
`evaluation/` or `robustness/` and add its row here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Literal

from crembo_cli.evaluation.metrics import DELTAS
from crembo_cli.robustness.model import (
    BELOW,
    CONTAMINATION,
    NOISE_LEVELS,
    RADII,
    Flips,
    WithBaselines,
)

Keys = tuple[str, ...]  # the keys that lead to a number in the JSON report
Need = Literal["labels", "teacher", "refits"]
Unit = Literal["share", "count", "sd", "number"]  # sd: standard deviations of a feature

# The classifiers of a report, and their names in the drawings.
CLASSIFIERS = {
    "student": "student",
    "teacher": "teacher",
    "baseline_labels": "CART on labels",
    "baseline_teacher": "CART on teacher",
}
# The keys that each placeholder of a path stands for.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "{classifier}": tuple(CLASSIFIERS),
    "{refitted}": tuple(each.name for each in fields(WithBaselines)),
    "{queried}": tuple(each.name for each in fields(Flips) if each.name != "rows"),
    "{delta}": tuple(f"{delta:g}" for delta in DELTAS),
    "{level}": tuple(f"{level:g}" for level in NOISE_LEVELS),
    "{radius}": tuple(f"{radius:g}" for radius in RADII),
    "{share}": tuple(f"{share:g}" for share in CONTAMINATION),
    "{d}": tuple(f"{d:g}" for d in BELOW),
    "{rows}": ("training", "validation", "test"),
}


@dataclass(frozen=True)
class Heading:
    """What the drawings call a metric."""

    text: str  # {delta} stands for the share that insensitive depth leaves out: "5%"
    key: str = ""  # of a path with several keys, the one that is drawn: "0.05"
    brief: bool = True  # whether the terminal and Markdown show it, and not the HTML page alone
    drop: int = 0  # a narrow terminal drops the column with 1 first, then 2; 0 always stays


@dataclass(frozen=True)
class Metric:
    """One number of the report, or several of the same meaning."""

    name: str  # as the glossary, and --require where it can, calls it
    path: str  # keys in the JSON report; {...}: see PLACEHOLDERS; *: any key or place in a list
    sentence: str  # what it means, without a full stop
    headings: tuple[Heading, ...] = ()
    needs: tuple[Need, ...] = ()  # what a run must have; without it the number is null
    unit: Unit = "share"
    better: Literal["higher", "lower"] | None = None
    instead_of: str = ""  # drawn only where the metric of this name is null

    def keys(self) -> Keys:
        """Split the path into keys; placeholders stay."""
        return split_path(self.path)

    def paths(self) -> Iterator[Keys]:
        """Generate every path that the placeholders of this one stand for."""
        yield from product(*(PLACEHOLDERS.get(key, (key,)) for key in self.keys()))

    def holds(self, path: Keys) -> bool:
        """Whether this row describes the number at `path`."""
        keys = self.keys()
        return len(keys) == len(path) and all(
            pattern in ("*", key) or key in PLACEHOLDERS.get(pattern, ())
            for pattern, key in zip(keys, path, strict=True)
        )

    def can_be_required(self) -> bool:
        """Whether --require takes it: numbers of the student that are not in a list."""
        return "*" not in self.path and self.path.startswith(
            ("metrics.", "student.size.", "robustness.")
        )


def split_path(path: str) -> Keys:
    """Split a path at its dots; a decimal such as 0.05 is one key."""
    return tuple(re.findall(r"\d+\.\d+|[^.]+", path))


def required_paths() -> list[Keys]:
    """List the paths that --require takes, in the order of METRICS."""
    return [
        path
        for metric in METRICS
        if metric.can_be_required()
        for path in metric.paths()
        if path[0] != "metrics" or path[1] == "student"
    ]


def find_metric(path: Keys) -> Metric | None:
    """Find the row that describes the number at `path`; None if there is none."""
    return next((each for each in METRICS if each.holds(path)), None)


def needs_of(path: Keys) -> set[Need]:
    """List what a run must have so that the number at `path` is known."""
    metric = find_metric(path)
    needs: set[Need] = set() if metric is None else set(metric.needs)
    return needs | {"labels"} if path[-1] == "baseline_labels" else needs


def columns(prefix: str, *, brief: bool) -> list[tuple[Heading, Keys]]:
    """List the headings under `prefix` of a path, each with the keys that come after it.

    `brief` leaves out the headings that only the HTML page shows.
    """
    start = split_path(prefix)
    return [
        (heading, keys)
        for metric in METRICS
        if metric.keys()[: len(start)] == start
        for heading, keys in drawn_paths(metric, len(start))
        if heading.brief or not brief
    ]


def drawn_paths(metric: Metric, skip: int = 0) -> Iterator[tuple[Heading, Keys]]:
    """Generate each heading of `metric` with its keys after the first `skip`."""
    for heading in metric.headings:
        drawn = heading.key
        yield (
            heading,
            tuple(
                drawn if drawn and (key == "*" or drawn in PLACEHOLDERS.get(key, ())) else key
                for key in metric.keys()[skip:]
            ),
        )


def look_up(report: Any, path: Sequence[str]) -> Any:
    """Look up the value at `path` in a Report, or in a part of it; None where a key is missing."""
    value = report
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list):
            value = value[int(key)]
        else:
            value = getattr(value, key, None)
    return value


DEPTH_HEADINGS = (
    Heading("depth 1%", "0.01", brief=False),
    Heading("depth 5%", "0.05"),
    Heading("depth 10%", "0.1", brief=False),
)
MEAN_HEADING = "mean prob."

# Rows for --require come first; a gate on an unknown metric suggests the first of them.
METRICS = (
    Metric(
        "accuracy",
        "metrics.{classifier}.accuracy",
        "share of test rows where the predicted label equals the true label",
        (Heading("accuracy"),),
        needs=("labels",),
        better="higher",
    ),
    Metric(
        "balanced_accuracy",
        "metrics.{classifier}.balanced_accuracy",
        "mean of the recalls of all classes",
        (Heading("balanced", drop=1),),
        needs=("labels",),
        better="higher",
    ),
    Metric(
        "fidelity",
        "metrics.{classifier}.fidelity",
        "share of test rows where the predicted label equals the teacher's",
        (Heading("fidelity"),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "depth",
        "metrics.{classifier}.depth",
        "lowest teacher probability of the predicted class over all test rows",
        (Heading("depth", drop=3),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "insensitive_depth.0.05",
        "metrics.{classifier}.insensitive_depth.{delta}",
        "depth without the 1, 5 or 10 % of the test rows with the lowest probability",
        DEPTH_HEADINGS,
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "mean_belief",
        "metrics.{classifier}.mean_belief",
        "mean teacher probability of the predicted class over all test rows",
        (Heading(MEAN_HEADING, drop=2),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "tree_depth",
        "student.size.tree_depth",
        "largest number of splits between the root of the tree and a leaf",
        (Heading("tree depth"),),
        unit="count",
        better="lower",
    ),
    Metric(
        "leaves",
        "student.size.leaves",
        "number of leaves",
        (Heading("leaves"),),
        unit="count",
        better="lower",
    ),
    Metric(
        "nodes",
        "student.size.nodes",
        "number of splits and leaves",
        (Heading("nodes"),),
        unit="count",
        better="lower",
    ),
    Metric(
        "parameters",
        "student.size.parameters",
        "number of values needed to reproduce its predictions (a leaf counts as its label only)",
        (Heading("parameters"),),
        unit="count",
        better="lower",
    ),
    Metric(
        "bytes",
        "student.size.bytes",
        "size of the ONNX file; 'Nx smaller' = teacher bytes / student bytes",
        (Heading("bytes"),),
        unit="count",
        better="lower",
    ),
    Metric(
        "agreement",
        "robustness.agreement.{refitted}",
        "mean share of test rows where two students predict the same label, over all pairs of ten "
        "students, each fitted on 80 % of the training rows",
        (Heading("agreement"),),
        needs=("refits",),
        better="higher",
    ),
    Metric(
        "contamination.0.1",
        "robustness.contamination.{share}.{refitted}",
        "agreement between a student trained with 5/10/20 % label noise and the same student "
        "trained without",
        (Heading("with 10% label noise", "0.1"),),
        needs=("refits",),
        better="higher",
    ),
    Metric(
        "noise.0.05",
        "robustness.noise.{level}.{queried}",
        "share of predictions that change when each number gets Gaussian noise of 1, 5 or 10 % of "
        "its standard deviation (integers stay integers) and each category is resampled with that "
        "probability; mean of 20 draws",
        (Heading("flips at 5% noise", "0.05"),),
        better="lower",
    ),
    Metric(
        "noise.0.05.rows",
        "robustness.noise.{level}.rows",
        "number of test rows used; larger test sets are subsampled to limit teacher queries",
        unit="count",
    ),
    Metric(
        "margin.median",
        "robustness.margin.median",
        "median over the test rows of the margin: the smallest change of a numeric feature, in its "
        "standard deviations, that changes the prediction; exact",
        (Heading("margin, median (sd)"),),
        unit="sd",
        better="higher",
    ),
    Metric(
        "margin.quantile_5",
        "robustness.margin.quantile_5",
        "5 % quantile of the margin",
        unit="sd",
        better="higher",
    ),
    Metric(
        "unchangeable",
        "robustness.margin.unchangeable",
        "share of test rows where no change of the numeric features changes the prediction",
        better="higher",
    ),
    Metric(
        "margin.rows",
        "robustness.margin.rows",
        "number of test rows whose margin was computed",
        unit="count",
    ),
    Metric(
        "certified_accuracy.0.1",
        "robustness.margin.certified_accuracy.{radius}",
        "share of test rows classified correctly, and robustly so: no perturbation of the numeric "
        "features by up to r standard deviations changes the prediction (r = 0.01, 0.05, 0.1)",
        (Heading("certified accuracy, 0.1 sd", "0.1"),),
        needs=("labels",),
        better="higher",
    ),
    Metric(
        "certified_fidelity.0.1",
        "robustness.margin.certified_fidelity.{radius}",
        "the same with the teacher's label instead of the true label",
        (Heading("certified fidelity, 0.1 sd", "0.1"),),
        needs=("teacher",),
        better="higher",
        instead_of="certified_accuracy.0.1",
    ),
    Metric(
        "margin_upper_bound.median",
        "robustness.margin_upper_bound.median",
        "median of the smallest change that a search found to change the prediction, for students "
        "without exact margins; the true margin may be smaller",
        (Heading("margin, upper bound (sd)"),),
        unit="sd",
        better="higher",
    ),
    Metric(
        "margin_upper_bound.quantile_5",
        "robustness.margin_upper_bound.quantile_5",
        "5 % quantile of these changes",
        unit="sd",
        better="higher",
    ),
    Metric(
        "margin_upper_bound.rows",
        "robustness.margin_upper_bound.rows",
        "number of test rows used",
        unit="count",
    ),
    Metric(
        "training.rows",
        "robustness.depth.{rows}.rows",
        "number of training, validation or test rows that the next three metrics are computed on",
        (Heading("rows"),),
        needs=("teacher",),
        unit="count",
    ),
    Metric(
        "training.depth",
        "robustness.depth.{rows}.depth",
        "depth on the training, validation or test rows",
        (Heading("depth"),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "training.insensitive_depth.0.05",
        "robustness.depth.{rows}.insensitive_depth.{delta}",
        "insensitive depth on the same rows",
        DEPTH_HEADINGS,
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "training.mean_belief",
        "robustness.depth.{rows}.mean_belief",
        "mean teacher probability of the predicted class on the same rows",
        (Heading(MEAN_HEADING),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "bounds.accuracy",
        "robustness.bounds.accuracy",
        "lower bound of the accuracy on new rows like the test rows, with 95 % confidence "
        "(Clopper-Pearson); null if the student was fitted on the same table",
        (Heading("accuracy, at least"),),
        needs=("labels",),
        better="higher",
    ),
    Metric(
        "bounds.fidelity",
        "robustness.bounds.fidelity",
        "lower bound of the fidelity on new rows",
        (Heading("fidelity, at least"),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "below.0.5",
        "robustness.bounds.below.{d}",
        "upper bound of the share of new rows where the teacher probability of the predicted class "
        "is below 0.05, 0.1, 0.25 or 0.5",
        tuple(Heading(f"probability below {d:g}, at most", f"{d:g}") for d in BELOW),
        needs=("teacher",),
        better="lower",
    ),
    Metric(
        "bounds.confidence",
        "robustness.bounds.confidence",
        "confidence of each bound on its own",
    ),
    Metric(
        "curve.d",
        "robustness.depth.curve.d.*",
        "the probabilities d = 0, 0.01, ..., 1 of the depth curve",
    ),
    Metric(
        "curve",
        "robustness.depth.curve.{classifier}.*",
        "share of test rows where the teacher probability of the predicted class is below d",
        needs=("teacher",),
        better="lower",
    ),
    Metric(
        "curve.at_most",
        "robustness.depth.curve.at_most.*",
        "upper bound of the student's curve on new rows; each point with 95 % confidence",
        needs=("teacher",),
        better="lower",
    ),
    Metric(
        "weakest_groups.rows",
        "robustness.weakest_groups.*.rows",
        "number of test rows in a leaf (or with a predicted class); the ten groups with the lowest "
        "depth are listed",
        (Heading("rows"),),
        needs=("teacher",),
        unit="count",
    ),
    Metric(
        "weakest_groups.depth",
        "robustness.weakest_groups.*.depth",
        "lowest teacher probability of the predicted class in the group",
        (Heading("lowest prob."),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "weakest_groups.mean_belief",
        "robustness.weakest_groups.*.mean_belief",
        "mean teacher probability of the predicted class in the group",
        (Heading(MEAN_HEADING),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "weakest_groups.beliefs",
        "robustness.weakest_groups.*.beliefs.*",
        "mean teacher probability of each class in the group",
        needs=("teacher",),
    ),
    Metric(
        "by_class.rows",
        "by_class.*.rows",
        "number of test rows with that true label (without labels: the teacher's label)",
        (Heading("rows"),),
        unit="count",
    ),
    Metric(
        "by_class.recall",
        "by_class.*.recall",
        "share of these rows for which that class is predicted",
        (Heading("recall"),),
        better="higher",
    ),
    Metric(
        "by_class.precision",
        "by_class.*.precision",
        "share of the predictions of that class that are correct",
        (Heading("precision"),),
        better="higher",
    ),
    Metric(
        "by_class.mean_belief",
        "by_class.*.mean_belief",
        "mean teacher probability of the predicted class on the rows of that class",
        (Heading(MEAN_HEADING),),
        needs=("teacher",),
        better="higher",
    ),
    Metric(
        "by_class.predicted",
        "by_class.*.predicted.*",
        "how often each class is predicted on these rows: a row of the confusion matrix",
        unit="count",
    ),
    Metric("data.rows", "data.rows", "number of rows in the table", unit="count"),
    Metric(
        "data.training_rows",
        "data.training_rows",
        "number of rows that the student was fitted on",
        unit="count",
    ),
    Metric(
        "data.validation_rows",
        "data.validation_rows",
        "number of rows that the student was selected on",
        unit="count",
    ),
    Metric(
        "data.test_rows",
        "data.test_rows",
        "number of rows that were used for neither; all metrics are computed on them",
        unit="count",
    ),
    Metric(
        "data.synthetic_rows",
        "data.synthetic_rows",
        "number of synthetic training rows, labelled by the teacher",
        unit="count",
    ),
    Metric(
        "data.validation_synthetic_rows",
        "data.validation_synthetic_rows",
        "number of synthetic validation rows, labelled by the teacher",
        unit="count",
    ),
    Metric(
        "search.threshold",
        "search.threshold",
        "teacher probability from which a label was allowed in training; null: the soft-label "
        "student was selected",
    ),
    Metric(
        "search.delta",
        "search.delta",
        "share of the validation rows that insensitive depth leaves out during selection",
    ),
    Metric("search.seed", "search.seed", "random seed", unit="count"),
    Metric(
        "search.path_rows",
        "search.path_rows",
        "number of rows that the path was fitted on; if these are fewer than all, the selected "
        "student was fine-tuned on all rows",
        unit="count",
    ),
    Metric(
        "search.chosen", "search.chosen", "index in steps of the selected student", unit="count"
    ),
    Metric(
        "search.steps",
        "search.steps.*.*",
        "the path: one student per threshold, with its metrics on the validation rows",
    ),
    Metric(
        "search.comparison.budget",
        "search.comparison.budget.*",
        "largest size allowed by --max-bytes, --max-leaves and their siblings",
        unit="count",
    ),
    Metric(
        "search.comparison.rows",
        "search.comparison.comparison_rows",
        "number of rows that the candidates were compared on",
        unit="count",
    ),
    Metric(
        "search.comparison.synthetic_rows",
        "search.comparison.comparison_synthetic_rows",
        "number of synthetic rows that the candidates were compared on",
        unit="count",
    ),
    Metric(
        "search.comparison.chosen",
        "search.comparison.chosen",
        "index in students of the selected candidate",
        unit="count",
    ),
    Metric(
        "candidate threshold",
        "search.comparison.students.*.threshold",
        "threshold of the candidate, as search.threshold",
    ),
    Metric(
        "candidate size",
        "search.comparison.students.*.size.*",
        "size of the candidate, as student.size",
        (Heading("bytes", "bytes"), Heading("parameters", "parameters")),
        unit="count",
        better="lower",
    ),
    Metric(
        "candidate fidelity",
        "search.comparison.students.*.fidelity",
        "fidelity of the candidate on the comparison rows",
        (Heading("fidelity"),),
        better="higher",
    ),
    Metric(
        "candidate depth",
        "search.comparison.students.*.insensitive_depth",
        "insensitive depth of the candidate at delta on the comparison rows",
        (Heading("depth {delta}"),),
        better="higher",
    ),
    Metric(
        "candidate mean_belief",
        "search.comparison.students.*.mean_belief",
        "mean teacher probability of the class that the candidate predicts",
        (Heading(MEAN_HEADING),),
        better="higher",
    ),
    Metric(
        "candidate mean_belief_error",
        "search.comparison.students.*.mean_belief_error",
        "standard error of that mean",
        unit="number",
    ),
    Metric("teacher.bytes", "teacher.bytes", "size of the teacher's file", unit="count"),
    Metric("teacher.classes", "teacher.classes.*", "the teacher's classes", unit="number"),
    Metric("options", "student.options.*", "the options of the student's family", unit="number"),
    Metric(
        "requirements",
        "requirements.*.value",
        "value of the metric that --require names",
        unit="number",
    ),
    Metric("seconds", "timing.seconds", "duration of the run", unit="number", better="lower"),
    Metric(
        "rows_per_second",
        "timing.student_rows_per_second",
        "rows that the student predicts per second in onnxruntime; 'Nx faster' = student / teacher",
        (Heading("rows per second"),),
        unit="number",
        better="higher",
    ),
    Metric(
        "teacher rows_per_second",
        "timing.teacher_rows_per_second",
        "rows that the teacher predicts per second; null for a table of probabilities",
        unit="number",
    ),
    Metric("schema", "schema", "version of the layout of the JSON report", unit="count"),
)
