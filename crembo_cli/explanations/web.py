"""The parts of a page that shows a student: its drawing in a frame, and a form that runs it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from crembo_cli.explanations.figure import CLASS_COLOURS, class_colour
from crembo_cli.explanations.page_script import KINDS, js_literal, page_script_of
from crembo_cli.explanations.tree_view import node_rows, view_tree
from crembo_cli.student_file.metadata import ReadableStudent
from crembo_cli.students.capabilities import kind_of

if TYPE_CHECKING:
    from crembo_cli.students.scored.weights import WeightsStudent
    from crembo_cli.students.tree.model import Tree

HERE = Path(__file__).parent
MOST_LEAVES = 128  # a larger tree is shown as text alone
MOST_FIELDS = 200  # features of a form


@dataclass(frozen=True, kw_only=True)
class StudentParts:
    """What a page shows of a student; texts are HTML."""

    tree: str  # the <svg> of a tree; "" for other students and for large trees
    drawing: str  # the <svg> of another student; "" if there is none
    kind: str  # what is drawn: see `explanations.formats.form_of`
    pairs: bool  # whether there are heat maps of pairs of features among the curves
    notes: list[str]  # plain text: a legend of long lists
    classes: list[tuple[str, str]]  # plain text: names and colours
    script: str  # runs the form and the frame; "" if there is neither
    form: bool  # whether there is a form


def style() -> str:
    """The style sheet of a page with these parts."""
    return (HERE / "frame.css").read_text(encoding="utf-8")


def policy(scripts: Sequence[str]) -> str:
    """The content security policy of a page: nothing from elsewhere, and these scripts alone."""
    hashes = [base64.b64encode(sha256(each.encode()).digest()).decode() for each in scripts if each]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes) or "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def parts_of(explained: ReadableStudent, max_levels: int | None = None) -> StudentParts:
    """Draw a student for a page, and write its form."""
    from crembo_cli.explanations.drawing import draw_tree
    from crembo_cli.explanations.formats import CURVES, TREE, form_of
    from crembo_cli.explanations.picture import svg_element

    form, tree, drawing, notes = form_of(explained), "", "", []
    if form == TREE:
        own = cast("Tree", explained.student)
        if own.size()["leaves"] <= MOST_LEAVES:
            tree = svg_element(draw_tree(explained, own, max_levels=max_levels, legend=False))
            notes = _notes(explained, own, max_levels)
    else:
        drawing = _drawing(explained, form)
    fields = fields_of(explained)
    runs = 0 < len(fields) <= MOST_FIELDS
    scripts = [(HERE / "frame.js").read_text(encoding="utf-8")] if tree else []
    if runs:
        constants = {"FORM": fields, "NAMES": explained.class_names(), "COLOURS": CLASS_COLOURS}
        lines = [f"const {name} = {js_literal(value)};" for name, value in constants.items()]
        own_script = (HERE / "whatif.js").read_text(encoding="utf-8")
        scripts += [page_script_of(explained), "\n".join(lines), own_script]
    return StudentParts(
        tree=tree,
        drawing=drawing,
        kind=form,
        pairs=form == CURVES and _has_pairs(explained),
        notes=notes,
        classes=[(name, class_colour(k)) for k, name in enumerate(explained.class_names())],
        script="\n".join(scripts),
        form=runs,
    )


def _has_pairs(explained: ReadableStudent) -> bool:
    from crembo_cli.students.scored.tables import tables_of

    sums = cast("WeightsStudent", explained.student).sums()
    return any(table.span() > 0 for table in tables_of(sums))


def _notes(explained: ReadableStudent, tree: Tree, max_levels: int | None) -> list[str]:
    from crembo_cli.explanations.drawing import style_of

    letters = style_of(tree, max_levels).letters
    return list(view_tree(explained, tree, letters=letters, max_levels=max_levels).notes)


def _drawing(explained: ReadableStudent, form: str) -> str:
    """The <svg> of a student that is not a tree; "" if there is none."""
    from crembo_cli.explanations.bars import draw_bars
    from crembo_cli.explanations.curves import curves_svg, draw_curves
    from crembo_cli.explanations.figure import OF_THE_PAGE, add_theme
    from crembo_cli.explanations.formats import CURVES, LINEAR, RULES
    from crembo_cli.explanations.picture import svg_element
    from crembo_cli.explanations.rules_table import draw_rules

    if form == LINEAR:
        return svg_element(draw_bars(explained))
    if form == RULES:
        return svg_element(draw_rules(explained))
    if form != CURVES:
        return ""
    figure = draw_curves(explained, cast("WeightsStudent", explained.student), OF_THE_PAGE)
    return "" if figure is None else add_theme(curves_svg(figure))


def fields_of(explained: ReadableStudent) -> list[dict[str, Any]]:
    """The features that the student uses, each with a typical value; [] if no form runs it."""
    if kind_of(explained.student) not in KINDS:
        return []
    if kind_of(explained.student) == "tree":
        values = _on_the_main_path(explained, cast("Tree", explained.student))
    else:
        values = _means(cast("WeightsStudent", explained.student))
    fields = []
    for j, value in values.items():
        feature = explained.features[j]
        typical: float | str = float(f"{value:.4g}")
        if feature.categories:
            code = min(max(round(value), 0), len(feature.categories) - 1)
            typical = feature.categories[code]
        fields.append({"feature": j, "name": feature.name, "value": typical})
    return fields


def _on_the_main_path(explained: ReadableStudent, tree: Tree) -> dict[int, float]:
    """A value of each feature of the tree, on the side of most rows where it is first split."""
    rows, values = node_rows(explained, tree), dict[int, float]()
    for v in tree.splits().tolist():
        j, threshold = int(tree.feature[v]), float(tree.threshold[v])
        if j in values or abs(threshold) > 1e30:
            values.setdefault(j, 0.0)
            continue
        left, right = int(tree.left[v]), int(tree.right[v])
        above = rows is not None and rows[right] > rows[left]
        step = 1.0 if explained.features[j].categories else max(abs(threshold) * 0.1, 1e-3)
        values[j] = threshold + step if above else threshold
    return values


def _means(student: WeightsStudent) -> dict[int, float]:
    """The mean of each feature that has a weight; of curves, about the median."""
    columns = student.columns
    strength = np.abs(student.weights).sum(axis=1)
    owner = columns.owner()
    values: dict[int, float] = {}
    for j in np.unique(owner):
        mine = np.flatnonzero(owner == j)
        own = mine[mine < len(columns.centre)]
        if not strength[mine].any() or not len(own):
            continue
        if columns.ramps is None:
            values[int(j)] = float(columns.centre[own[0]])
        else:  # a ramp's mean is about the share of the rows beyond it
            nearest = own[int(np.abs(columns.centre[own] - 0.5).argmin())]
            values[int(j)] = float(columns.ramps.knot[nearest])
    return values
