"""The plots of the HTML report."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from crembo_cli.report import plots
from tests.report.example_reports import comparison, report

FOUND = report().robustness


def texts(svg: str) -> list[str]:
    """The words of a plot."""
    root = ElementTree.fromstring(svg)
    return ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("}text")]


def test_the_path_marks_the_selected_step() -> None:
    """Both lines, the soft-label student at the left, and the selected step."""
    search = report().search
    assert search is not None
    words = texts(plots.path_plot(search, "teacher probability"))
    assert {"the path", "mean", "depth at 5 %", "selected", "soft"} <= set(words)


def test_the_pareto_plot_marks_the_selected_candidate() -> None:
    """Both series, the bytes of the first, the last and the selected candidate."""
    words = texts(plots.pareto_plot(comparison(), 0.05))
    assert {"candidates", "fidelity", "depth at 5 %", "selected", "4,245", "5,000"} <= set(words)
    assert "12,000" not in words


def test_the_depth_curve_has_a_line_for_each() -> None:
    """Without labels there is no baseline of them."""
    assert FOUND.depth is not None
    curve = FOUND.depth.curve
    everyone = {"student", "teacher", "CART on labels", "CART on teacher"}
    assert everyone <= set(texts(plots.depth_curve(curve, "teacher probability")))
    fewer = texts(plots.depth_curve(replace(curve, baseline_labels=None), "teacher probability"))
    assert everyone - set(fewer) == {"CART on labels"}


def test_agreement_is_written_above_its_bars() -> None:
    """A bar for each, with its share above."""
    assert FOUND.agreement is not None
    words = texts(plots.agreement_plot(FOUND.agreement))
    assert {"0.960", "0.940", "0.920"} <= set(words)
    fewer = texts(plots.agreement_plot(replace(FOUND.agreement, baseline_labels=None)))
    assert "0.940" not in fewer


def test_noise_and_contamination() -> None:
    """Each level is named; a teacher that cannot be queried has no line."""
    assert FOUND.contamination is not None
    assert {"5%", "10%", "20%"} <= set(texts(plots.contamination_plot(FOUND.contamination)))
    assert {"0.01", "0.05", "0.1", "teacher"} <= set(texts(plots.noise_plot(FOUND.noise)))
    alone = {level: replace(each, teacher=None) for level, each in FOUND.noise.items()}
    assert "teacher" not in texts(plots.noise_plot(alone))


def test_plots_use_the_colours_of_the_page() -> None:
    """No placeholder is left, and the student's line is in the student's colour."""
    svg = plots.noise_plot(FOUND.noise)
    assert "var(--student)" in svg
    assert not re.search("#0a0b0|#010203|#040506", svg)


def test_curves_of_probabilities_have_a_line_for_each_classifier() -> None:
    """Calibration, precision-recall and gain, each with the teacher and the baselines."""
    curves = report().curves
    everyone = {"student", "teacher", "CART on labels", "CART on teacher"}
    for plot, title in (
        (plots.calibration_plot, "calibration"),
        (plots.precision_recall_plot, "precision and recall"),
        (plots.gain_plot, "gain"),
    ):
        assert {title, *everyone} <= set(texts(plot(curves)))
        alone = texts(plot({"student": curves["student"]}))
        assert everyone & set(alone) == {"student"}
