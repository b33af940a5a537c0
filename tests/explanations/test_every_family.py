"""The text of every family has the numbers of its student."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crembo_cli.explanations.text import text_of
from tests.explanations.edge_rows import make_case
from tests.families import FOR_TABLES

# What a reader must find in the text; the first lines say how to read the rest.
EXPECTED = {
    "tree": r"a tree with \d+ leaves.*vielleicht ü 0\.\d\d",
    "oblique": r"a tree with \d+ leaves.*\d \(.*if missing\).*<= .*A category counts as",
    "rules": r"6 rules. The first one that holds decides.*else if .*otherwise: .* 0\.\d\d",
    "boosted": r"6 trees.*start: .*tree 6\n.*[+-]\d\.\d+, yes",
    "linear": r"weighted sums.*The values of .* are .*feature +mean.*start .*missing +[+-]\d",
    "additive": r"sums of curves.*feature +value.*start .*white.*missing",
    "mlp": r"one hidden layer.*input +from +to +mean +unit 0.*bias .*unit +it's .*unit 5",
    "net": r"2 dense layers: \d+ inputs.*, 6 hidden units.*input +from +to +mean.*missing",
}


@pytest.mark.parametrize("family", FOR_TABLES)
def test_the_text_explains_its_numbers(family: str, tmp_path: Path) -> None:
    """A name with control characters or a line break stays on its line."""
    text = text_of(make_case(tmp_path, family).explained)
    assert text.startswith(f"{family}.onnx: ")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert re.search(EXPECTED[family], text, re.DOTALL), text
    assert 'of\\n"things"' in text
