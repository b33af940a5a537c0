"""Replay: the exported student, run in onnxruntime, must say what the fitted one says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import ReplayError
from crembo_cli.student_file.signature import Signature
from crembo_cli.students.contract import Floats, Student
from crembo_cli.teachers.contract import ModelInput
from crembo_cli.teachers.onnx.inputs import build_feeds, fixed_batch, pack_feeds

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd

TOLERANCE = 1e-5  # of a probability, between float32 sums in another order
BLOCK = 65_536  # rows run at a time, at the most but for larger fixed batches
MEASURED_SECONDS = 0.1


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session for `model` that does not spin: on shared cores, spinning starves the others."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feeds(inputs: tuple[ModelInput, ...], frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """`frame`, the features in order, as the feeds of as many runs as the inputs need.

    They are made as the teacher's are: a student that is a drop-in takes the very same.
    """
    batch = fixed_batch(inputs) or 1
    block = max(batch, BLOCK - BLOCK % batch)  # so that the last batch alone is filled up
    for begin in range(0, len(frame), block):
        header, arrays = pack_feeds(frame.iloc[begin : begin + block], inputs)
        yield from build_feeds(inputs, header, arrays)


def run_model(
    model: onnxruntime.InferenceSession, signature: Signature, frame: pd.DataFrame
) -> tuple[Any, Floats]:
    """Labels (n,) and probabilities (n, c) of `model` on the rows of `frame`."""
    answers = [model.run(["label", "probabilities"], fed) for fed in feeds(signature.inputs, frame)]
    # A fixed batch that the last rows do not fill was filled up; what was said of that goes.
    labels, probabilities = (
        np.concatenate(each)[: len(frame)] for each in zip(*answers, strict=True)
    )
    return labels, probabilities


def check_replay(
    labels: Any, probabilities: Floats, student: Student, rows: Floats, values: Any
) -> None:
    """Raise ReplayError unless the replayed answers are the fitted student's.

    `labels` (n,) and `probabilities` (n, c) are what onnxruntime said of the rows; `values`
    (c,) the classes as the label output says them. Probabilities may differ by TOLERANCE; the
    labels must be equal but where the two best probabilities lie closer than that.
    """
    predicted, believed = student.predict(rows), student.predict_proba(rows)
    two_best = np.partition(believed, -2, axis=1)[:, -2:]
    close = two_best[:, 1] - two_best[:, 0] <= TOLERANCE
    # Written so that NaN, which compares with nothing, is no answer.
    near = (np.abs(probabilities - believed) <= TOLERANCE).all(axis=1)
    right = near & ((labels == values[predicted]) | close)
    if not right.all():
        row = int(np.argmin(right))
        raise ReplayError(
            "the exported student answers otherwise than the fitted one on "
            f"{int((~right).sum())} of {len(rows)} rows, so it was not written",
            found=f"{labels[row]!r} with probabilities {probabilities[row].tolist()} on row {row}",
            wanted=f"{values[predicted[row]]!r} with {believed[row].tolist()}",
            hint="this is a defect of crembo: please report it with the command that you ran",
        )


def rows_per_second(
    model: onnxruntime.InferenceSession, signature: Signature, frame: pd.DataFrame
) -> float:
    """How many rows `model` answers in a second: the best of repeated runs over one block."""
    from time import perf_counter

    fed = next(feeds(signature.inputs, frame))
    rows = len(next(iter(fed.values())))
    best, begun, done = float("inf"), perf_counter(), 0.0
    while done < MEASURED_SECONDS:
        start = perf_counter()
        model.run(None, fed)
        done = perf_counter() - begun
        best = min(best, begun + done - start)
    return rows / best
