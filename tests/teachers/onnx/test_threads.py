"""A teacher on many threads believes what it does on one, to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crembo_cli.teachers.onnx.inputs import pack_feeds
from crembo_cli.teachers.onnx.model import RUN_ROWS, OnnxModel
from tests.in_process import SAMPLES


def test_threads_change_no_bit() -> None:
    """A forest sums its trees in one order, however many threads there are; no row is lost."""
    rows = np.random.default_rng(1).normal(20, 30, (2 * RUN_ROWS + 7, 30)).astype(np.float32)
    answers = []
    for threads in (1, 2, 5):
        path = str(SAMPLES / "breast_cancer_forest.onnx")
        model = OnnxModel(path, threads=threads, hard_labels=False)
        header, arrays = pack_feeds(pd.DataFrame(rows), model.info.inputs)
        fed = model.rows(header, arrays)
        assert [len(feeds["X"]) for feeds in fed] == [RUN_ROWS, RUN_ROWS, 7]
        answers.append(model.scores(model.predict(fed), len(rows))[1])
    for labels, beliefs in answers[1:]:
        np.testing.assert_array_equal(labels, answers[0][0])
        assert beliefs.tobytes() == answers[0][1].tobytes()
