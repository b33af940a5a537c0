"""Build the student's ONNX file and replay it: it must predict what the fitted student does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.core.utilities import expected_utilities
from crembo_cli.errors import ReplayError
from crembo_cli.student_file.codes import code_frame
from crembo_cli.student_file.outputs import (
    LABEL,
    PLAIN,
    PROBABILITIES,
    TENSOR,
    label_values,
    output_infos,
    output_nodes,
    run_student,
)
from crembo_cli.student_file.portable import make_portable
from crembo_cli.student_file.signature import (
    INDEX,
    LABELS,
    ROWS,
    Signature,
    input_infos,
    rows_nodes,
)
from crembo_cli.students.capabilities import opsets_of, utilities_of
from crembo_cli.students.contract import Floats, Student
from crembo_cli.teachers.contract import ClassLabel, ModelInput
from crembo_cli.teachers.onnx.inputs import build_feeds, fixed_batch, pack_feeds
from crembo_cli.teachers.process.timing import best_seconds

if TYPE_CHECKING:
    import onnxruntime
    import pandas as pd
    from onnx import ModelProto, NodeProto, TensorProto

    from crembo_cli.dataset.labelled import LabelledTable, OtherRows
    from crembo_cli.teachers.contract import ClassLabel


def build_model(
    student: Student,
    signature: Signature,
    classes: tuple[ClassLabel, ...],
    metadata: Mapping[str, str],
    version: str,
) -> ModelProto:
    """The ONNX model of `student`, with the outputs `label` (batch,) and probabilities.

    `signature` states the inputs, and the form of the probabilities; `label` is int64 if all
    classes are whole numbers, else string. `metadata` goes into the model's metadata_props,
    sorted by key.
    """
    from onnx import checker, helper, numpy_helper

    form, labels = signature.form.outputs, label_values(classes)
    nodes, initializers, rows = rows_nodes(signature)
    own_nodes, own_initializers = student.to_onnx(
        ROWS, INDEX, PROBABILITIES if form == TENSOR else PLAIN
    )
    if signature.form.portable:
        own_nodes, own_initializers = make_portable(own_nodes, own_initializers)
    _rename(own_nodes, own_initializers, {each.name for each in signature.inputs}, rows)
    made_nodes, constants = output_nodes(form, labels)
    tables = {LABELS: labels, **constants}
    graph = helper.make_graph(
        [
            *nodes,
            *own_nodes,
            helper.make_node("Gather", [LABELS, INDEX], [LABEL], name=LABEL),
            *made_nodes,
        ],
        "crembo",
        input_infos(signature),
        output_infos(form, labels, signature.inputs[0].shape[0]),
        [
            *initializers,
            *own_initializers,
            *(numpy_helper.from_array(value, name) for name, value in tables.items()),
        ],
    )
    opsets = [
        helper.make_opsetid(domain, opset)
        for domain, opset in zip(("", "ai.onnx.ml"), opsets_of(student), strict=True)
        if not (domain and signature.form.portable)
    ]
    model = helper.make_model(
        graph,
        producer_name="crembo",
        producer_version=version,
        ir_version=helper.find_min_ir_version_for(opsets),  # the oldest runtimes load it
        opset_imports=opsets,
    )
    helper.set_model_props(model, dict(sorted(metadata.items())))
    checker.check_model(model)
    return model


def _rename(
    nodes: list[NodeProto], initializers: list[TensorProto], taken: set[str], rows: str
) -> None:
    """Let the student's nodes read `rows` in place of `ROWS`.

    Its own tensors get other names where they are `taken` by an input. Every such name among its
    nodes is its own.
    """

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        return name

    for each in initializers:
        each.name = free(each.name)
    for node in nodes:
        node.input[:] = [rows if name == ROWS else free(name) for name in node.input]
        node.output[:] = [free(name) for name in node.output]


def model_bytes(model: ModelProto) -> bytes:
    """The model as it is written: the same bytes for the same model."""
    return bytes(model.SerializeToString(deterministic=True))


@dataclass(frozen=True, kw_only=True)
class StudentFile:
    """A student's ONNX, ready to be written."""

    content: bytes
    sha256: str
    running: onnxruntime.InferenceSession


def student_file(
    student: Student,
    signature: Signature,
    classes: tuple[ClassLabel, ...],
    metadata: Mapping[str, str],
    version: str,
    tables: Sequence[LabelledTable],
    threads: int,
    others: Sequence[OtherRows] = (),
    done: Callable[[int], None] = lambda rows: None,
) -> StudentFile:
    """The ONNX of `student`, replayed on all rows of `tables` and `others`.

    `done` is called with the number of rows replayed.

    Raises ReplayError where onnxruntime predicts differently from `student` on any row.
    """
    content = model_bytes(build_model(student, signature, classes, metadata, version))
    replay = Replay(content, student, signature, label_values(classes), threads)
    known = (replay(each.frame, each.rows) for each in tables)
    replayed = 0
    for rows in chain(known, *(each.each(replay, None) for each in others)):
        replayed += rows
        done(replayed)
    return StudentFile(
        content=content,
        sha256=sha256(content).hexdigest(),
        running=replay.running,
    )


@dataclass(frozen=True)
class Replay:
    """Replay a student on rows, here or on a worker; return their number. Raises ReplayError."""

    content: bytes  # its ONNX
    student: Student
    signature: Signature
    values: Any  # (c,) the classes as the label output gives them
    threads: int

    def __call__(
        self, frame: pd.DataFrame, rows: Floats, y_true: object = None, beliefs: object = None
    ) -> int:
        """Replay `rows` (n, p), whose features are `frame`; return n."""
        del y_true, beliefs  # which others count by, see `OtherRows`
        labels, probabilities = run_model(self.running, self.signature, frame, self.values.tolist())
        check_replay(labels, probabilities, self.student, rows, self.values)
        return len(rows)

    @cached_property
    def running(self) -> onnxruntime.InferenceSession:
        """The session of this process."""
        return session(self.content, self.threads)

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker computes with one thread, and makes a session of its own.
        return Replay, (self.content, self.student, self.signature, self.values, 1)


TOLERANCE = 1e-5  # of a probability, between float32 sums in another order
BLOCK = 65_536  # rows run at a time, at the most but for larger fixed batches


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
    model: onnxruntime.InferenceSession,
    signature: Signature,
    frame: pd.DataFrame,
    values: Sequence[Any],
) -> tuple[Any, Floats]:
    """Labels (n,) and probabilities (n, c) of `model` on the rows of `frame`.

    `values` (c,) are the classes as the label output gives them.
    """
    taken = frame
    if signature.form.portable:
        taken = code_frame(frame, signature.features, signature.missing_texts)
    answers = [run_student(model, fed, values) for fed in feeds(signature.inputs, taken)]
    # A fixed batch that the last rows do not fill was padded; drop the padding's predictions.
    labels, probabilities = (
        np.concatenate(each)[: len(frame)] for each in zip(*answers, strict=True)
    )
    return labels, probabilities


def check_replay(
    labels: Any, probabilities: Floats, student: Student, rows: Floats, values: Any
) -> None:
    """Raise ReplayError unless the replayed answers are the fitted student's.

    `labels` (n,) and `probabilities` (n, c) are onnxruntime's answers; `values` (c,) are the
    classes as the label output gives them. Probabilities may differ by TOLERANCE; the
    labels must be equal but where the two best expected utilities (probabilities, where the
    student has no utilities) lie closer than that.
    """
    predicted, believed = student.predict(rows), student.predict_proba(rows)
    worth = expected_utilities(believed, utilities_of(student))
    two_best = np.partition(worth, -2, axis=1)[:, -2:]
    close = two_best[:, 1] - two_best[:, 0] <= TOLERANCE
    # Written so that NaN, which compares with nothing, fails the replay.
    near = (np.abs(probabilities - believed) <= TOLERANCE).all(axis=1)
    right = near & ((labels == values[predicted]) | close)
    if not right.all():
        row = int(np.argmin(right))
        raise ReplayError(
            "the exported student differs from the fitted one on "
            f"{int((~right).sum())} of {len(rows)} rows, so it was not written",
            found=f"{labels[row]!r} with probabilities {probabilities[row].tolist()} on row {row}",
            wanted=f"{values[predicted[row]]!r} with {believed[row].tolist()}",
            hint="this is a defect of crembo: please report it with the command that you ran",
        )


def rows_per_second(
    model: onnxruntime.InferenceSession, signature: Signature, frame: pd.DataFrame
) -> float:
    """How many rows `model` answers in a second, by the quickest of repeated runs over a block."""
    if signature.form.portable:
        frame = code_frame(frame, signature.features, signature.missing_texts)
    fed = next(feeds(signature.inputs, frame))
    return len(next(iter(fed.values()))) / best_seconds(lambda: model.run(None, fed))
