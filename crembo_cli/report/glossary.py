"""What each number of a report means, in one sentence each."""

from __future__ import annotations

from dataclasses import dataclass

from crembo_cli.report.words import listed


@dataclass(frozen=True)
class GlossaryEntry:
    """One kind of number."""

    name: str  # as the drawn report, or --require, calls it
    path: str  # where it stands in the JSON report; * for a key that differs
    says: str
    drawn: tuple[str, ...] = ()  # what drawings call it, where that is another word


# Later entries are of numbers that drawings show beside those that can be required.
GLOSSARY = (
    GlossaryEntry(
        "accuracy",
        "metrics.*.accuracy",
        "the share of test rows where it says the true label",
    ),
    GlossaryEntry(
        "balanced_accuracy",
        "metrics.*.balanced_accuracy",
        "the same for each class apart, averaged over the classes",
        drawn=("balanced",),
    ),
    GlossaryEntry(
        "fidelity",
        "metrics.*.fidelity",
        "the share of test rows where it says what the teacher says",
    ),
    GlossaryEntry(
        "depth",
        "metrics.*.depth",
        "the least belief that the teacher has, on any test row, in what the student says there",
    ),
    GlossaryEntry(
        "insensitive_depth.0.05",
        "metrics.*.insensitive_depth.*",
        "the same when the worst share of the rows (1, 5 or 10 %) is left out",
        drawn=("depth 1%", "depth 5%", "depth 10%"),
    ),
    GlossaryEntry(
        "mean_belief",
        "metrics.*.mean_belief",
        "the teacher's belief in what the student says, averaged over the test rows",
        drawn=("belief",),
    ),
    GlossaryEntry(
        "tree_depth",
        "student.size.tree_depth",
        "the most splits between the root of the tree and a leaf",
    ),
    GlossaryEntry("leaves", "student.size.leaves", "how many leaves the tree has"),
    GlossaryEntry("nodes", "student.size.nodes", "how many splits and leaves it has"),
    GlossaryEntry(
        "parameters",
        "student.size.parameters",
        "how many numbers one needs to say what it says: of a tree's leaf its label alone",
    ),
    GlossaryEntry(
        "bytes",
        "student.size.bytes",
        "the size of its ONNX file; smaller says how many times the teacher's file is as large",
    ),
    GlossaryEntry(
        "agreement",
        "robustness.agreement.*",
        "the share of test rows where two students, fitted on two resamples of the fit rows, say "
        "the same (ten of 80 %, all pairs)",
    ),
    GlossaryEntry(
        "noise.0.05",
        "robustness.noise.*.*",
        "the share of answers that change when each number gets Gaussian noise of 1, 5 or 10 % of "
        "its standard deviation (whole ones are rounded again), and each category is redrawn with "
        "that chance (20 draws)",
        drawn=("flips at 5% noise",),
    ),
    GlossaryEntry(
        "margin.median",
        "robustness.margin.median",
        "half of the test rows need a change larger than this in some feature, in its standard "
        "deviations, before the student can say something else; exact",
        drawn=("margin, median (sd)",),
    ),
    GlossaryEntry(
        "margin.quantile_5",
        "robustness.margin.quantile_5",
        "the same for the 5 % of the rows that need the least",
    ),
    GlossaryEntry(
        "unchangeable",
        "robustness.margin.unchangeable",
        "the share of test rows where no change of any size in the numbers changes the answer",
    ),
    GlossaryEntry(
        "margin.rows", "robustness.margin.rows", "on how many test rows margins were computed"
    ),
    GlossaryEntry(
        "certified_accuracy.0.1",
        "robustness.margin.certified_accuracy.*",
        "the share of test rows where it says the true label and goes on saying it whatever "
        "moves all numbers by up to so many standard deviations",
        drawn=("right within 0.1 sd",),
    ),
    GlossaryEntry(
        "certified_fidelity.0.1",
        "robustness.margin.certified_fidelity.*",
        "the same with what the teacher says in place of the true label",
        drawn=("as teacher within 0.1 sd",),
    ),
    GlossaryEntry(
        "noise.0.05.rows",
        "robustness.noise.*.rows",
        "on how many test rows noise was measured: of more, so many are drawn, so that the teacher "
        "is not asked for minutes",
    ),
    GlossaryEntry(
        "margin_upper_bound.median",
        "robustness.margin_upper_bound.*",
        "the least change that a search found to change the answer, where margins are not known "
        "exactly: the true margin may be smaller",
        drawn=("margin at most (sd)",),
    ),
    GlossaryEntry(
        "contamination.0.1",
        "robustness.contamination.*.*",
        "the share of test rows where a student, refitted with 5, 10 or 20 % of the beliefs (and "
        "labels) made those of a wrong class, still says what the clean one says",
        drawn=("with 10% wrong beliefs",),
    ),
    GlossaryEntry(
        "fit.depth",
        "robustness.depth.*.*",
        "depth on the rows it was fitted on (fit), chosen by (selection) and measured on (test)",
    ),
    GlossaryEntry(
        "bounds.accuracy",
        "robustness.bounds.accuracy",
        "with 95 % confidence, the accuracy on rows like the test rows is at least this "
        "(Clopper-Pearson); no bound where the student was fitted on that very table",
    ),
    GlossaryEntry("bounds.fidelity", "robustness.bounds.fidelity", "the same for the fidelity"),
    GlossaryEntry(
        "below.0.5",
        "robustness.bounds.below.*",
        "with 95 % confidence, at most this share of such rows has a belief below 0.05, 0.1, 0.25 "
        "or 0.5 in what the student says",
        drawn=("belief below 0.5",),
    ),
    GlossaryEntry(
        "bounds.confidence",
        "robustness.bounds.confidence",
        "the confidence of each bound taken alone",
    ),
    GlossaryEntry(
        "depth curve",
        "robustness.depth.curve.*",
        "the share of test rows where the belief in what is said lies below d, for each d; "
        "at_most bounds it for rows like these, each point with 95 % confidence",
    ),
    GlossaryEntry(
        "weakest",
        "robustness.weakest.*.*",
        "the ten leaves (or classes) with the least depth: their test rows, and what the teacher "
        "believes there",
        drawn=("least belief",),
    ),
    GlossaryEntry(
        "by class",
        "by_class.*.*",
        "rows: those with that label; found: the share of them where it says so; right: the share "
        "of its answers of that class that are right; said: how often it says each class on them",
    ),
    GlossaryEntry(
        "rows",
        "data.*",
        "how many rows there are, and on how many students were fitted, chosen and measured; "
        "synthetic ones were made up, and labelled by the teacher",
    ),
    GlossaryEntry(
        "threshold",
        "search.threshold",
        "the belief from which on a label was allowed when the kept student was fitted; none: it "
        "was fitted to the beliefs themselves",
    ),
    GlossaryEntry(
        "the path",
        "search.steps.*.*",
        "one student for each threshold, with its mean belief and its depth on rows that it was "
        "not fitted on",
    ),
    GlossaryEntry(
        "search",
        "search.*",
        "how it was found: the share delta of the insensitive depth, the seed, the rows of the "
        "path, and the place of the kept step",
    ),
    GlossaryEntry("teacher", "teacher.*", "the size of the teacher's file, and its classes"),
    GlossaryEntry("options", "student.options.*", "the options of the student's family"),
    GlossaryEntry(
        "requirements",
        "requirements.*.value",
        "what the number that --require names came to",
    ),
    GlossaryEntry(
        "speed",
        "timing.*",
        "rows answered in a second by onnxruntime, and the seconds that the run took; faster says "
        "how many times as many rows as the teacher answers",
        drawn=("rows a second",),
    ),
    GlossaryEntry("versions", "schema", "the version of the JSON report's layout"),
)
LEAVES = (
    "In the drawn tree, the number in brackets is the mean of the teacher's beliefs in the leaf's "
    "class over the rows that were fitted on and reach it."
)


def glossary_text(width: int = 100) -> str:
    """All meanings, one after the other, lines no longer than `width`; one newline at the end."""
    from textwrap import TextWrapper

    wide = max(len(each.name) for each in GLOSSARY) + 2
    wrapper = TextWrapper(width=width, subsequent_indent=" " * wide)
    lines = [wrapper.fill(f"{each.name:{wide}}{sentence(each)}") for each in GLOSSARY]
    return "\n".join([*lines, "", *TextWrapper(width=width).wrap(LEAVES)]) + "\n"


def sentence(each: GlossaryEntry) -> str:
    """What `each` says, and what drawings call it."""
    names = [f'"{name}"' for name in each.drawn]
    return f"{each.says}; drawn as {listed(names)}" if names else each.says
