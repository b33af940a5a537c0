"""The HTML report: what is in it, and what a browser makes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crembo_cli.evaluation.differences import Difference
from crembo_cli.evaluation.metrics import ClassMetrics
from crembo_cli.report.html import render_html
from crembo_cli.report.metrics import METRICS
from crembo_cli.report.model import Report, Requirement
from tests.explanations.test_curves import additive
from tests.explanations.test_text import small_tree
from tests.report.browser import CHROMIUM, Browser, Page
from tests.report.drawn_once import page_for
from tests.report.example_reports import comparison, report, report_with_comparison

EVIL = "<script>alert(1)</script>\"'&{{ 7*7 }}"
OWN_IDS = {"metrics", "scores", "confusion"}


def full() -> Report:
    """A report with all of its parts."""
    return replace(
        report(),
        internals=replace(small_tree(), classes=("no", "yes")),
        requirements=[Requirement(expression="fidelity>=0.9", value=0.93, met=True)],
        command="crembo compress forest.onnx people.csv --report r.html",
    )


def test_with_utilities_the_figures_are_of_expected_utilities() -> None:
    """The path and the depth curve, and the lowest value beside the depth."""
    costly = replace(report().student, utilities=[[1.0, 0.5], [0.0, 1.0]])
    plain, decided = (render_html(each) for each in (full(), replace(full(), student=costly)))
    for before in ('">', "and the "):  # axes of the path and the depth curve; a bound
        assert f"{before}teacher probability" in plain
        assert f"{before}teacher probability" not in decided
    assert "expected utility d" in decided


def evil() -> Report:
    """The same, with a script in the place of everything that comes from a file or a person."""
    made = full()
    assert made.internals is not None
    assert made.by_class is not None
    assert made.teacher is not None
    assert made.robustness.weakest_groups is not None
    features = tuple(replace(each, name=EVIL) for each in made.internals.features)
    spots = [replace(each, rule=EVIL, predicted=EVIL) for each in made.robustness.weakest_groups]
    return replace(
        made,
        teacher=replace(made.teacher, path=EVIL, output_format=EVIL),
        data=replace(made.data, path=EVIL, test_path=EVIL, label=EVIL),
        student=replace(made.student, path=EVIL, family=EVIL),
        internals=replace(made.internals, features=features, classes=(EVIL, "yes"), name=EVIL),
        by_class=[replace(each, name=EVIL) for each in made.by_class],
        robustness=replace(made.robustness, weakest_groups=spots),
        requirements=[Requirement(expression="fidelity>=0.9", value=0.5, met=False)],
        description=EVIL,
        command=EVIL,
    )


@cache
def page_of(made: Callable[[], Report]) -> str:
    """The page of `full` or `evil`, drawn once for all tests."""
    return page_for(made())


class Seen(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag, and what in it leads elsewhere or runs."""
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "srcset", "action"}:
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        """Remember the text that is shown."""
        if self.lasttag not in {"script", "style"}:
            self.text += data


def test_every_part_is_there() -> None:
    """Verdict, metrics, tree, plots, classes, weakest groups, command and glossary."""
    page = page_of(full)
    seen = Seen(page)
    assert seen.tags.count("svg") == 10  # the tree, and nine plots
    for words in (
        "The requirement is met.",
        "CART on labels",
        "age \u2264 30.5",
        "Depth on training, validation and test rows",
        "Class probabilities",
        "those of the class yes, the rarer one",
        "depth below 0.25",
        "no 0.61, yes 0.39",
        "Groups with the lowest depth",
        "age > 30 and income > 1000",
        "Metrics by class",
        "crembo compress forest.onnx people.csv --report r.html",
        METRICS[0].sentence,
    ):
        assert words in seen.text
    assert re.search(
        r'<tr class="selected"><th scope="row">student</th><td class="gained">0\.900<', page
    )
    assert {"0.960", "0.940", "0.920"} <= set(re.findall(r"<td[^>]*>(0\.\d+)<", page))


def test_a_sure_difference_is_marked_beside_its_value() -> None:
    """Better or worse than the classifier of the row; one within its errors has no mark."""
    made = full()
    lost = replace(
        made.differences["teacher"],
        accuracy=Difference(value=-0.06, error=0.01),
        log_loss=Difference(value=-0.02, error=0.005),
    )
    page = page_for(replace(made, differences={**made.differences, "teacher": lost}))
    row = page[page.index('<th scope="row">teacher</th>') :].split("</tr>")[0]
    cells = re.findall(r"<small[^>]*>[^<]*</small>", row)
    assert cells == [
        '<small class="gain worse">-0.060\u25bc</small>',
        '<small class="gain"></small>',  # the teacher's fidelity to itself
    ]
    assert '<small class="gain better">-0.020\u25b2</small>' in page
    assert '<small class="gain ">+0.001</small>' in page
    assert "\u25bc worse by more than 2 standard errors" in page


def test_an_additive_student_has_its_curves_drawn() -> None:
    """A plot of each feature's curve, with the colours of the classes under it."""
    page = page_for(replace(full(), internals=additive()))
    seen = Seen(page)
    assert seen.tags.count("svg") == 10  # the curves, and nine plots
    assert "age <&> $b$" in seen.text
    assert "The score that each feature's value adds, all on one scale" in seen.text
    assert '"tree' not in page


def test_the_pareto_front_has_a_table_and_a_plot() -> None:
    """Names are escaped; a report of one candidate has neither."""
    page, without = page_for(report_with_comparison()), page_of(report)
    assert page.count("<svg") == without.count("<svg") + 1
    row = '<tr class="selected"><th scope="row">tree max_depth=2</th><td>4,245</td><td>42</td>'
    assert row in page
    assert 'id="comparison"' not in without
    found = comparison(EVIL)
    last = replace(found.students[2], on_front=True, within_budget=True)
    seen = Seen(
        page_for(
            report_with_comparison(replace(found, students=[*found.students[:2], last], chosen=2))
        )
    )
    assert seen.tags.count("script") == 1
    assert EVIL in seen.text


def test_all_that_came_from_a_file_is_escaped() -> None:
    """No tag, no attribute and no expression of a template comes out of a name."""
    page = page_of(evil)
    seen = Seen(page)
    assert seen.tags.count("script") == 1
    assert seen.handlers == []
    assert "49" not in re.findall(r"\{\{|49(?=</)", page)
    assert seen.text.count(EVIL) >= 10
    assert set(re.findall(r'<\w+[^>]* id="([^"]+)"', page)) >= OWN_IDS


def test_the_page_requests_nothing() -> None:
    """Every address is within the page; names of XML namespaces are no addresses."""
    for made in (full, evil):
        page = page_of(made)
        assert all(each.startswith(("#", "data:")) for each in Seen(page).addresses)
        assert re.findall(r"url\((?!#|&quot;#|'#)", page) == []
        assert "@import" not in page


def test_ids_of_figures_differ() -> None:
    """Each figure has ids of its own, so that no clip of one is taken for another's."""
    figures = re.findall(r"<svg.*?</svg>", page_of(full), re.DOTALL)
    ids = [set(re.findall(r' id="([^"]+)"', figure)) for figure in figures]
    asked = [set(re.findall(r'(?:href="|url\()#([^")]+)', figure)) for figure in figures]
    assert sum(map(len, ids)) == len(set().union(*ids)) > 0
    assert all(there >= used for there, used in zip(ids, asked, strict=True))


@pytest.mark.parametrize("lacking", ["robustness", "search", "teacher", "internals"])
def test_parts_without_values_are_left_out(lacking: str) -> None:
    """A quick report, an evaluated student, one without a teacher, and a family that is closed."""
    made = full()
    found = replace(made.robustness, agreement=None, contamination=None)
    changed = {
        "robustness": replace(made, robustness=found),
        "search": replace(
            made,
            search=None,
            robustness=found,
            data=replace(made.data, training_rows=None, validation_rows=None, synthetic_rows=None),
        ),
        "teacher": replace(
            made,
            teacher=None,
            search=None,
            by_class=None,
            metrics={"student": made.metrics["student"]},
            robustness=replace(found, depth=None, weakest_groups=None),
        ),
        "internals": replace(made, internals=None, description=""),
    }
    figures = {"robustness": 8, "search": 7, "teacher": 6, "internals": 9}[lacking]
    seen = Seen(page_for(changed[lacking]))
    assert seen.tags.count("svg") == figures
    assert "None" not in seen.text.replace("None of", "")


def test_a_confusion_matrix_of_many_classes_is_left_out() -> None:
    """The metrics by class stay."""
    made = full()
    many = [
        ClassMetrics(
            name=str(k),
            teacher_predicted=1,
            rows=1,
            predicted=[1] * 41,
            recall=1.0,
            precision=1.0,
            f1=1.0,
            mean_belief=1.0,
        )
        for k in range(41)
    ]
    page = page_for(replace(made, by_class=many))
    assert 'id="confusion"' not in page
    assert page.count("<td>1</td>") >= 41


def test_the_same_report_gives_the_same_page() -> None:
    """No clock and no random ids."""
    assert render_html(full()) == page_of(full)


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
WIDER = "document.documentElement.scrollWidth > window.innerWidth"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LINE = """getComputedStyle(document.querySelector('.plots path[style*="--student"]')).stroke"""
DIALOGS = "document.querySelectorAll('script').length"


def looked_at(
    chromium: Browser, folder: Path, made: Callable[[], Report], *, dark: bool, width: int
) -> Page:
    """The page of a report in a browser."""
    path = folder / "report.html"
    path.write_text(page_of(made), encoding="utf-8")
    asked = (WIDER, BACKGROUND, LINE, DIALOGS)
    return chromium.open(path, dark=dark, width=width, ask=asked, pictured=True)


@needs_browser
@pytest.mark.parametrize("width", [400, 800, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_in_a_browser(chromium: Browser, tmp_path: Path, dark: bool, width: int) -> None:
    """No complaint, no request but for the page, nothing wider than the screen, in its theme."""
    page = looked_at(chromium, tmp_path, full, dark=dark, width=width)
    assert page.complaints == []
    assert page.requests == [(tmp_path / "report.html").as_uri()]
    assert page.answers[WIDER] is False
    assert page.answers[BACKGROUND] == ("rgb(20, 23, 26)" if dark else "rgb(255, 255, 255)")
    assert page.answers[LINE] == ("rgb(88, 180, 240)" if dark else "rgb(0, 98, 168)")
    image = np.asarray(Image.open(io.BytesIO(page.picture)).convert("L"), np.int64)
    assert image.shape[1] == width
    assert (np.median(image) < 60) == dark
    assert image.std() > 10  # something is drawn


@needs_browser
def test_evil_names_do_nothing_in_a_browser(chromium: Browser, tmp_path: Path) -> None:
    """No script but our own is in the page or runs, and nothing is requested."""
    page = looked_at(chromium, tmp_path, evil, dark=False, width=400)
    assert page.complaints == []
    assert len(page.requests) == 1
    assert page.answers[DIALOGS] == 1
    assert page.answers[WIDER] is False
