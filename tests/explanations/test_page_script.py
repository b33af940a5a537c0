"""The JavaScript of a page: the code of the student, and what says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crembo_cli.explanations.page_script import KINDS, page_script_of
from crembo_cli.students.capabilities import kind_of
from tests.explanations.edge_rows import make_case
from tests.explanations.node import NODE, answers_of


@pytest.mark.skipif(NODE is None, reason="there is no node.js")
@pytest.mark.parametrize("family", ["tree", "linear", "additive"])
def test_the_page_predicts_what_onnxruntime_predicts(tmp_path: Path, family: str) -> None:
    """On every edge; and the terms of a sum add up to the scores behind its probabilities."""
    made = make_case(tmp_path, family)
    assert kind_of(made.explained.student) in KINDS
    script = page_script_of(made.explained)
    answers = answers_of(script, made.rows, tmp_path)
    assert [label for label, _ in answers] == made.labels
    assert np.allclose([shares for _, shares in answers], made.probabilities, atol=1e-6)
    assert script.isascii()
    assert "</script" not in script
