"""The drawn tree: what is in it, and that a reader can read it."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from crembo_cli.explanations.drawing import draw_tree, tree_as_png, tree_as_svg
from crembo_cli.explanations.formats import explain
from crembo_cli.explanations.picture import Box, Line, Picture, Words, svg_element, text_width
from crembo_cli.student_file.groups import GroupCounts
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.contract import Feature
from crembo_cli.students.tree.model import Tree
from tests.core.small_trees import random_tree
from tests.explanations.test_text import FEATURES, small_tree

COUNTED = GroupCounts(rows=(60, 30, 10), agreed=(60, 15, 10))


def counted() -> ReadableStudent:
    """The small tree with the training rows of its leaves."""
    return replace(small_tree(), groups=COUNTED)


def picture(explained: ReadableStudent, max_levels: int | None = None) -> Picture:
    """The picture of a tree."""
    assert isinstance(explained.student, Tree)
    return draw_tree(explained, explained.student, max_levels=max_levels)


def words(svg: str) -> list[str]:
    """The texts of a drawing, as a reader sees them."""
    found = ElementTree.fromstring(svg).iter()
    return ["".join(each.itertext()) for each in found if each.tag.endswith("}text")]


def titles(svg: str) -> list[str]:
    """What stands on hover."""
    found = ElementTree.fromstring(svg).iter()
    return [each.text or "" for each in found if each.tag.endswith("}title")]


def test_everything_is_in_the_drawing() -> None:
    """Questions, answers with shares of rows, where missing values go, classes, the legend."""
    odd = replace(FEATURES[0], name="<a> & $b$")
    explained = replace(counted(), features=(odd, FEATURES[1]))
    assert words(tree_as_svg(explained)) == [
        "<a> & $b$ \u2264 30.5",
        "yes 60%",
        "missing",
        "no 0.75",
        "no 40%",
        "colour in {red}*",
        "yes 30%",
        "yes\\x1b[31m 0.75",
        "no 10%",
        "no 1.00",
        "no",
        "yes\\x1b[31m",
        "* and categories that were not seen in training",
    ]


def test_a_node_has_its_rows_and_classes_on_hover() -> None:
    """A split's shares are those of its leaves, weighed by their training rows."""
    _, root, leaf, split, *_ = titles(tree_as_svg(counted()))
    assert root.splitlines() == [
        "age <= 30.5 or missing",
        "100 of 100 training rows (100.0%)",
        "the teacher agrees on 85.0%",
        "no 0.62, yes\\x1b[31m 0.38",
    ]
    assert leaf.splitlines()[1:] == [
        "60 of 100 training rows (60.0%)",
        "the teacher agrees on 100.0%",
    ]
    assert split.splitlines()[-1] == "no 0.44, yes\\x1b[31m 0.56"


def test_a_branch_is_as_wide_as_its_share_of_the_rows() -> None:
    """Without known rows all are alike, and no share is written."""
    lines = [each for each in picture(counted()).groups[0].parts if isinstance(each, Line)]
    assert np.allclose([each.width for each in lines], [4.2, 2.8, 2.1, 0.7])
    unknown = picture(small_tree())
    assert len({each.width for each in unknown.groups[0].parts if isinstance(each, Line)}) == 1
    assert "yes" in words(tree_as_svg(small_tree()))


def test_a_split_shows_the_shares_of_its_classes() -> None:
    """A strip of one box per class, as long as its share; none where rows are not known."""
    root = picture(counted()).groups[1]
    strip = [each for each in root.parts if isinstance(each, Box) and each.height == 4]
    assert strip[0].width / (strip[0].width + strip[1].width) == pytest.approx(0.625, abs=0.01)
    plain = picture(small_tree()).groups[1]
    assert not any(isinstance(each, Box) and each.height == 4 for each in plain.parts)


def test_max_levels_cuts_the_tree() -> None:
    """What is cut off becomes one box with its likeliest class and its number of leaves."""
    svg = tree_as_svg(counted(), max_levels=1)
    assert words(svg)[4:7] == ["no 40%", "yes\\x1b[31m", "2 leaves"]
    assert len(titles(svg)) == 4
    assert explain(counted(), "svg", max_levels=1).decode() == svg
    assert len(titles(tree_as_svg(counted(), max_levels=0))) == 2


def test_the_same_tree_gives_the_same_bytes() -> None:
    """No clock and no random ids, in SVG and in PNG."""
    for form in ("svg", "png"):
        assert explain(counted(), form) == explain(counted(), form)


def test_an_element_has_the_pages_colours() -> None:
    """What is ink follows the page, and a name that looks like a colour stays a name."""
    odd = replace(FEATURES[0], name='ink" x="')
    element = svg_element(picture(replace(counted(), features=(odd, FEATURES[1]))))
    assert element.startswith("<svg")
    assert 'fill="var(--ink)"' in element
    assert 'ink" x=" \u2264 30.5' in words(element)


def test_long_names_are_cut_but_their_threshold_is_not() -> None:
    """A name of hundreds of characters leaves the drawing readable; all of it is on hover."""
    long = replace(FEATURES[0], name="n" * 400)
    svg = tree_as_svg(replace(small_tree(), features=(long, FEATURES[1])))
    assert words(svg)[:2] == [f"{'n' * 12}\u2026{'n' * 11}", "\u2264 30.5"]
    assert f"{'n' * 400} <= 30.5 or missing" in titles(svg)[1]


def test_many_categories_are_a_count_with_a_legend() -> None:
    """The same list has one letter; the legend is cut to three lines."""
    colours = tuple(f"colour {k}" for k in range(90))
    many = replace(FEATURES[1], name="the colour of it", categories=colours)
    explained = small_tree()
    assert isinstance(explained.student, Tree)
    tree = replace(explained.student, threshold=np.array([30.5, 0, 79.5, 0, 0], np.float32))
    found = words(tree_as_svg(replace(explained, student=tree, features=(FEATURES[0], many))))
    at = found.index("the colour of it")
    assert found[at + 1] == "in A (80 of 90)*"
    (key,) = (k for k, each in enumerate(found) if each.startswith("A: the colour of it in {"))
    assert found[key + 2].endswith("\u2026")
    assert found[key + 3].startswith("* and")


def test_scripts_that_the_font_lacks_are_drawn_without_a_warning() -> None:
    """In SVG the text itself stands, for the reader's own fonts; in PNG a box."""
    other = replace(FEATURES[0], name="\u5e74\u9f62")
    explained = replace(small_tree(), features=(other, FEATURES[1]))
    assert words(tree_as_svg(explained))[0] == "\u5e74\u9f62 \u2264 30.5"
    assert explain(explained, "png").startswith(b"\x89PNG")


def test_a_png_shows_the_whole_drawing() -> None:
    """An image of the picture's size, 144 dots per inch, with the colours of both classes."""
    image = Image.open(io.BytesIO(tree_as_png(counted()))).convert("RGB")
    made = picture(counted())
    assert image.size == (round(made.width * 1.5), round(made.height * 1.5))
    colours = {colour for _, colour in image.getcolors(1 << 24) or []}
    assert {(0, 114, 178), (230, 159, 0), (255, 255, 255)} <= colours


def deep_tree(leaves: int, depth: int) -> ReadableStudent:
    """A random tree with long names, long lists of categories and missing values."""
    for seed in range(10_000):  # the first one is of seed 126
        tree = random_tree(np.random.default_rng(seed), features=3, depth=depth, classes=3)
        size = tree.size()
        if size["leaves"] == leaves and size["tree_depth"] == depth:
            break
    regions = tuple(f"a region with number {k}" for k in range(12))
    return ReadableStudent(
        name="deep.onnx",
        student=tree,
        features=(
            Feature(name="mean_concave_points_of_the_worst_cells", missing=True),
            Feature(name="region", categories=regions, missing=True),
            Feature(name="age"),
        ),
        classes=("malignant", "benign", "not known yet"),
        missing_texts=(),
        groups=GroupCounts(rows=tuple(range(1, leaves + 1)), agreed=(1,) * leaves),
    )


def test_every_label_of_forty_leaves_is_legible() -> None:
    """At tree depth 8 letters are 15 dots high in the PNG, and no two texts overlap."""
    made = picture(deep_tree(40, 8))
    texts = [each for group in made.groups for each in group.parts if isinstance(each, Words)]
    assert min(each.size for each in texts) * 1.5 >= 12
    boxes = []
    for each in texts:
        wide = text_width(each.text, each.size)
        left = each.x - {"left": 0, "center": wide / 2, "right": wide}[each.align]
        boxes.append((left, left + wide, each.y - each.size / 2, each.y + each.size / 2))
    found = np.array(boxes)
    assert found[:, 0].min() >= 0
    assert found[:, 1].max() <= made.width
    for k, (left, right, top, bottom) in enumerate(boxes):
        later = found[k + 1 :]
        beside = (later[:, 0] >= right) | (later[:, 1] <= left)
        above = (later[:, 2] >= bottom - 0.5) | (later[:, 3] <= top + 0.5)
        assert (beside | above).all(), texts[k].text


def test_forty_leaves_fit_a_page() -> None:
    """Of tree depth 8, across a landscape page with letters of 5 points or more."""
    made = picture(deep_tree(40, 8))
    assert made.width <= 1700
    points_per_pixel = 780 / made.width  # a page of A4 has 780 points between its margins
    assert 10.5 * points_per_pixel >= 4.8
