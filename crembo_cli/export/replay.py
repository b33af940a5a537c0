"""Replay: the exported student, run in onnxruntime, must say what the fitted one says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.errors import ReplayError
from crembo_cli.export.signature import Signature
from crembo_cli.students.contract import Floats, Indices, Student

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd

TOLERANCE = 1e-5  # of a probability, between float32 sums in another order
BLOCK = 65_536  # rows run at a time
MEASURED_SECONDS = 0.2


def session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session for `model` that does not spin: on shared cores, spinning starves the others."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feeds(signature: Signature, frame: pd.DataFrame) -> dict[str, Any]:
    """`frame`, the features in order, as the arrays that the signature's inputs take."""
    types = {"float": np.float32, "double": np.float64, "bool": np.bool_, "float16": np.float16}
    fed: dict[str, Any] = {}
    first = 0
    for each in signature.inputs:
        columns = frame.iloc[:, first : first + each.width]
        first += each.width
        tail = [size if isinstance(size, int) else -1 for size in each.shape[1:]]
        if each.type == "string":
            values = columns.astype(object).where(columns.notna(), "").to_numpy(object)
        else:
            values = columns.to_numpy(types.get(each.type, np.dtype(each.type)))
        if tail.count(-1) > 1:
            tail = [each.width]
        fed[each.name] = values.reshape([len(frame), *tail])
    return fed


def run_model(
    model: onnxruntime.InferenceSession, signature: Signature, frame: pd.DataFrame
) -> tuple[Any, Floats]:
    """Labels (n,) and probabilities (n, c) of `model` on `frame`, block by block.

    Where the teacher fixed the batch size, the last block is padded with its own last row.
    """
    size = signature.batch() or BLOCK
    labels, probabilities = [], []
    for begin in range(0, len(frame), size):
        block = frame.iloc[begin : begin + size]
        fed = feeds(signature, block)
        if signature.batch():
            fed = {
                name: np.concatenate([values, values[-1:].repeat(size - len(values), axis=0)])
                for name, values in fed.items()
            }
        label, probability = model.run(["label", "probabilities"], fed)
        labels.append(label[: len(block)])
        probabilities.append(probability[: len(block)])
    return np.concatenate(labels), np.concatenate(probabilities)


def check_replay(
    labels: Any, probabilities: Floats, student: Student, rows: Floats, values: Any
) -> Indices:
    """Raise ReplayError unless the replayed answers are the fitted student's.

    `labels` (n,) and `probabilities` (n, c) are what onnxruntime said of the rows; `values`
    (c,) the classes as the label output says them. Probabilities may differ by TOLERANCE; the
    labels must be equal but where the two best probabilities lie closer than that. Returns what
    the fitted student says: class indices (n,).
    """
    said, believed = student.predict(rows), student.predict_proba(rows)
    off = np.abs(probabilities - believed).max(axis=1)
    two_best = np.partition(believed, -2, axis=1)[:, -2:]
    close = two_best[:, 1] - two_best[:, 0] <= TOLERANCE
    wrong = (off > TOLERANCE) | ((labels != values[said]) & ~close)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ReplayError(
            f"the exported student answers otherwise than the fitted one on {int(wrong.sum())} "
            f"of {len(rows)} rows, so it was not written",
            found=f"{labels[row]!r} with probabilities {probabilities[row].tolist()} on row {row}",
            wanted=f"{values[said[row]]!r} with {believed[row].tolist()}",
            hint="this is a defect of crembo: please report it with the command that you ran",
        )
    return said


def rows_per_second(
    model: onnxruntime.InferenceSession, signature: Signature, frame: pd.DataFrame
) -> float:
    """How many rows `model` answers in a second: the best of repeated runs over `frame`."""
    from time import perf_counter

    fed = feeds(signature, frame.iloc[: signature.batch() or len(frame)])
    count = signature.batch() or len(frame)
    best, begun = np.inf, perf_counter()
    while perf_counter() - begun < MEASURED_SECONDS:
        start = perf_counter()
        model.run(None, fed)
        best = min(best, perf_counter() - start)
    return float(count / best)
