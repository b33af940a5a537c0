"""Pages in Chromium: the student runs in them, they print, and a checker finds no fault."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from crembo_cli.explanations.formats import explain
from crembo_cli.student_file.metadata import ReadableStudent
from tests.explanations.edge_rows import make_case
from tests.explanations.test_curves import additive
from tests.explanations.test_drawing import deep_tree
from tests.explanations.test_text import small_sums
from tests.report.axe import ALL, COLOURS
from tests.report.browser import CHROMIUM, Browser
from tests.report.drawn_once import page_for
from tests.report.test_html import WIDER, full, page_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
# Fill in the form's fields from a row, as a reader does, and read what it says.
FILL = """rows.map((row) => {
  document.querySelectorAll("#whatif label").forEach((label) => {
    const input = label.querySelector("input, select"), value = row[label.firstChild.textContent];
    input.value = value === null ? "" : String(value);
    input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input"));
  });
  return document.querySelector(".predicted").textContent;
})"""


@cache
def student_of(kind: str) -> ReadableStudent:
    """A student of each kind that is drawn in its own way."""
    found = {
        "tree": full().internals,
        "curves": additive(pairs=1),
        "weights": small_sums(),
        "deep tree": deep_tree(40, 8),
    }[kind]
    assert found is not None
    return found


@cache
def report_page(kind: str) -> str:
    """The page of a report with such a student, drawn once for all tests."""
    return page_for(replace(full(), internals=student_of(kind)))


@pytest.mark.parametrize("family", ["tree", "linear", "additive"])
def test_what_if_predicts_what_onnxruntime_predicts(
    chromium: Browser, tmp_path: Path, family: str
) -> None:
    """On 1,000 rows at every edge, by the page's own functions; on some, by its fields."""
    made = make_case(tmp_path, family, count=1000)
    path = tmp_path / "student.html"
    path.write_bytes(explain(made.explained, "html"))
    rows = f"const rows = {json.dumps(made.rows)};"
    known = {f.name: {*f.categories, None} for f in made.explained.features if f.categories}
    some = [
        k
        for k, row in enumerate(made.rows)
        if all(row[name] in texts for name, texts in known.items())
        and not any(isinstance(cell, float) and np.isinf(cell) for cell in row.values())
    ][:25]
    answers = f"(() => {{ {rows} return rows.map((row) => [predict(row), predictProba(row)]); }})()"
    filled = (
        f"(() => {{ const rows = {json.dumps([made.rows[k] for k in some])}; return {FILL}; }})()"
    )
    page = chromium.open(path, dark=False, width=1280, ask=(answers, filled))
    assert page.complaints == []
    assert [label for label, _ in page.answers[answers]] == made.labels
    found = np.array([shares for _, shares in page.answers[answers]])
    assert len(found) == 1000
    assert np.allclose(found, made.probabilities, atol=1e-6)
    assert page.answers[filled] == [str(made.labels[k]) for k in some]
    assert len(set(page.answers[filled])) > 1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", ["tree", "curves", "weights", "deep tree"])
def test_axe_finds_nothing(
    chromium: Browser, axe: str, tmp_path: Path, kind: str, dark: bool
) -> None:
    """Neither in the report nor in the page of a student, in both themes; minor findings count."""
    check = COLOURS if dark else ALL
    report, alone = tmp_path / "report.html", tmp_path / "student.html"
    report.write_text(report_page(kind), encoding="utf-8")
    alone.write_bytes(explain(student_of(kind), "html"))
    for path in (report, alone):
        page = chromium.open(path, dark=dark, width=1280, ask=(f"{axe}; 0", check))
        assert page.answers[check] == [], path.name


REASONS = """(() => {
  const age = document.querySelector("#whatif input");
  const city = document.querySelector("#whatif select");
  age.value = "-3";
  age.dispatchEvent(new Event("input"));
  city.value = "Rome";
  city.dispatchEvent(new Event("change"));
  const dot = document.createElement("i"), best = NAMES.indexOf(
    document.querySelector(".predicted").textContent);
  return [...document.querySelectorAll(".reasons .bar")].map((line) => {
    const fill = line.querySelector(".fill"), less = fill.classList.contains("less");
    dot.style.background = COLOURS[less ? 1 - best : best];
    return [less, fill.style.background === dot.style.background];
  });
})()"""


def test_what_adds_to_a_class_has_the_colour_of_the_class(
    chromium: Browser, tmp_path: Path
) -> None:
    """Of two classes, what speaks against the one speaks for the other."""
    path = tmp_path / "student.html"
    path.write_bytes(explain(student_of("curves"), "html"))
    found = chromium.open(path, dark=True, width=1280, ask=(REASONS,)).answers[REASONS]
    assert {less for less, _ in found} == {True, False}
    assert all(same for _, same in found)


SMALL = """[document.querySelector(".drawing svg").getBoundingClientRect().width,
  ...[...document.querySelectorAll("pre.command span")].map((word) => word.offsetHeight)]"""


def test_on_a_telephone_drawings_scroll_and_options_stay_whole(
    chromium: Browser, tmp_path: Path
) -> None:
    """Curves are as large as on a wide screen, and a command breaks between its words alone."""
    path = tmp_path / "report.html"
    path.write_text(report_page("curves"), encoding="utf-8")
    wide, narrow = (
        chromium.open(path, dark=False, width=width, ask=(SMALL,)).answers[SMALL]
        for width in (1280, 400)
    )
    assert wide == narrow


@pytest.mark.parametrize("width", [400, 800, 1280])
@pytest.mark.parametrize("kind", ["curves", "weights", "deep tree"])
def test_no_page_is_wider_than_its_window(
    chromium: Browser, tmp_path: Path, kind: str, width: int
) -> None:
    """With curves, bars, and a tree that is wider itself; and it is below 1 MB."""
    path = tmp_path / "report.html"
    path.write_text(report_page(kind), encoding="utf-8")
    page = chromium.open(path, dark=False, width=width, ask=(WIDER,))
    assert page.complaints == []
    assert page.answers[WIDER] is False
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("kind", ["tree", "deep tree", "curves"])
def test_a_printed_report_has_two_to_four_pages(
    chromium: Browser, tmp_path: Path, kind: str
) -> None:
    """On A4, with the whole tree unfolded."""
    path = tmp_path / "report.html"
    path.write_text(report_page(kind), encoding="utf-8")
    page = chromium.open(path, dark=True, width=1280, printed=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", page.pdf)) <= 4


FOLD = """(() => {
  const boxes = () => [...document.querySelectorAll("#tree g[data-node]")]
    .filter((each) => each.style.display !== "none").length;
  const counts = [boxes()];
  document.querySelector('[data-tree="less"]').click();
  counts.push(boxes());
  const closed = document.querySelector('#tree g.folded');
  closed.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  counts.push(boxes());
  const svg = document.querySelector("#tree svg"), before = svg.getAttribute("viewBox");
  document.querySelector('[data-tree="in"]').click();
  return [...counts, before !== svg.getAttribute("viewBox")];
})()"""


def test_the_tree_folds_and_zooms(chromium: Browser, tmp_path: Path) -> None:
    """By buttons and by keys: fewer levels show fewer boxes, an opened box its two children."""
    path = tmp_path / "student.html"
    path.write_bytes(explain(student_of("deep tree"), "html"))
    first, fewer, opened, zoomed = chromium.open(path, dark=False, width=1280, ask=(FOLD,)).answers[
        FOLD
    ]
    assert fewer < first <= 79
    assert opened == fewer + 2
    assert zoomed


ZOOM = """(() => {
  const svg = document.querySelector("#tree svg"), frame = document.querySelector("#tree");
  const scale = () => frame.clientWidth / svg.getAttribute("viewBox").split(" ")[2];
  const first = scale();
  document.querySelector('[data-tree="fit"]').click();
  return [first, scale()];
})()"""


def test_on_a_telephone_a_tree_begins_at_its_root(chromium: Browser, tmp_path: Path) -> None:
    """Its words are legible where the whole would not be; the button "Fit" shows that."""
    path, deep = tmp_path / "student.html", deep_tree(12, 4)
    longer = tuple(replace(each, name=f"a longer name: {each.name}") for each in deep.features)
    path.write_bytes(explain(replace(deep, features=longer), "html"))
    first, fitted = chromium.open(path, dark=False, width=400, ask=(ZOOM,)).answers[ZOOM]
    assert first == pytest.approx(0.8)
    assert fitted < 0.6


SORT = """(() => {
  const column = () => [...document.querySelectorAll("#metrics tbody tr")]
    .map((row) => Number(row.cells[1].firstChild.textContent));
  const head = document.querySelector("#metrics thead th:nth-child(2)");
  head.querySelector("button").click();
  const down = column(), said = head.getAttribute("aria-sort");
  head.querySelector("button").click();
  return [down, said, column(), head.getAttribute("aria-sort")];
})()"""


def test_a_table_sorts_by_a_click(chromium: Browser, tmp_path: Path) -> None:
    """First the largest on top, then the smallest; the heading says which."""
    path = tmp_path / "report.html"
    path.write_text(page_of(full), encoding="utf-8")
    down, first, up, second = chromium.open(path, dark=False, width=1280, ask=(SORT,)).answers[SORT]
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)
    assert (first, second) == ("descending", "ascending")
