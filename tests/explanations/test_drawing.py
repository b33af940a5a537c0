"""A drawn tree, as SVG and as PNG."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from crembo_cli.explanations.drawing import draw_tree
from crembo_cli.explanations.figure import OF_THE_PAGE, ON_WHITE, svg_of, themed
from crembo_cli.explanations.formats import explain
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.tree.model import Tree
from tests.explanations.test_text import FEATURES, small_tree


def words(svg: str) -> list[str]:
    """The texts in an SVG, as a reader sees them."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if _text(each)]


def _text(element: ElementTree.Element) -> bool:
    return element.tag.endswith("}text")


def drawn(explained: ReadableStudent) -> str:
    """The SVG of a tree."""
    assert isinstance(explained.student, Tree)
    return svg_of(draw_tree(explained, explained.student, ON_WHITE), "tree")


def test_everything_is_in_the_drawing() -> None:
    """Questions, answers, where missing values go, classes and shares; escaped, one to one."""
    odd = replace(FEATURES[0], name="<a> & $b$")
    explained = replace(small_tree(), features=(odd, FEATURES[1]))
    assert words(drawn(explained)) == [
        "<a> & $b$ \u2264 30.5",
        "yes",
        "missing",
        "no",
        "no 0.75",
        "colour",
        "in {red, unseen}",
        "yes",
        "no",
        "yes\\x1b[31m 0.75",
        "no 1.00",
    ]


def test_the_same_tree_gives_the_same_bytes() -> None:
    """No clock and no random ids, in SVG and in PNG."""
    for form in ("svg", "png"):
        assert explain(small_tree(), form) == explain(small_tree(), form)


def test_a_themed_drawing_has_the_pages_colours() -> None:
    """It is an element, and what is ink follows the page."""
    explained = small_tree()
    assert isinstance(explained.student, Tree)
    element = themed(svg_of(draw_tree(explained, explained.student, OF_THE_PAGE), "tree"))
    assert element.startswith("<svg")
    assert "var(--ink)" in element
    assert "var(--muted)" in element
    assert OF_THE_PAGE.ink not in element


def test_a_name_like_a_colour_or_an_id_stays_a_name() -> None:
    """What a page replaces is in the tags alone."""
    for name in (OF_THE_PAGE.ink, 'x id="y', "url(#z)"):
        odd = replace(FEATURES[0], name=name)
        explained = replace(small_tree(), features=(odd, FEATURES[1]))
        assert isinstance(explained.student, Tree)
        svg = svg_of(draw_tree(explained, explained.student, OF_THE_PAGE), "tree")
        for each in (svg, themed(svg)):
            assert f"{name} \u2264 30.5" in words(each)


def test_long_names_are_cut_but_their_threshold_is_not() -> None:
    """A name of hundreds of characters leaves the drawing readable."""
    long = replace(FEATURES[0], name="n" * 400)
    found = words(drawn(replace(small_tree(), features=(long, FEATURES[1]))))
    assert found[0] == f"{'n' * 12}\u2026{'n' * 11}"
    assert found[1] == "\u2264 30.5"


def test_many_categories_are_cut_to_three_lines() -> None:
    """The name, and two lines of categories; all of them stand in the rules as text."""
    colours = tuple(f"colour {k}" for k in range(40))
    many = replace(FEATURES[1], name="the colour of it", categories=colours)
    explained = small_tree()
    assert isinstance(explained.student, Tree)
    tree = replace(explained.student, threshold=np.array([30.5, 0, 30.5, 0, 0], np.float32))
    found = words(drawn(replace(explained, student=tree, features=(FEATURES[0], many))))
    at = found.index("the colour of it")
    assert found[at + 1] == "in {colour 0, colour 1,"
    assert found[at + 2].endswith("\u2026}")
    assert max(map(len, found)) <= 24


def test_scripts_that_the_font_lacks_are_drawn_without_a_warning() -> None:
    """In SVG the text itself stands, for the reader's own fonts; in PNG a box."""
    other = replace(FEATURES[0], name="\u5e74\u9f62")
    explained = replace(small_tree(), features=(other, FEATURES[1]))
    assert words(drawn(explained))[0] == "\u5e74\u9f62 \u2264 30.5"
    assert explain(explained, "png").startswith(b"\x89PNG")


def test_a_png_shows_the_leaves() -> None:
    """An image of the whole drawing: as many coloured rows as there are leaves."""
    content = explain(small_tree(), "png")
    image = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.int64)
    coloured = np.ptp(image, axis=2) > 100  # the shares' bars: nothing else is so bright
    rows = coloured.any(axis=1).astype(int)
    assert (np.diff(rows, prepend=0) == 1).sum() == 3
    assert (image[0, 0] == 255).all()
