"""The child process: `python -m crembo_cli.teachers.process.worker`, spoken to over its pipes.

It answers {"do": "load"}, then any number of {"do": "score"} and {"do": "time"}, one message
each (wire.py). What a model prints goes to standard error, never between the messages.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from crembo_cli.errors import TeacherError
from crembo_cli.start import import_without_searching
from crembo_cli.teachers.model_info import ModelInfo
from crembo_cli.teachers.process.confinement import confine
from crembo_cli.teachers.process.limits import limit_this_process, limited_cpu
from crembo_cli.teachers.process.timing import best_seconds
from crembo_cli.teachers.process.wire import Array, Message, receive, send

CONFINED = "; a teacher's process may not write files, open sockets or start processes"
LIBRARIES = ("xgboost", "lightgbm", "catboost", "skops")  # what a teacher's file may need


class Model(Protocol):
    """A loaded model."""

    info: ModelInfo  # what the parent learns about it

    def rows(self, header: dict[str, Any], arrays: list[Array]) -> Any:
        """The rows of a message, as the model takes them."""
        ...

    def predict(self, rows: Any) -> Any:
        """The model's answer, as its library gives it."""
        ...

    def scores(self, answer: Any, count: int) -> Message:
        """That answer to `count` rows, ready to be sent."""
        ...


def load(header: dict[str, Any]) -> tuple[Model, tuple[str, ...]]:
    """The model in the file `path`, of the `format` of its extension, and what confines it.

    The process confines itself when all that it needs is imported, before it opens the file.
    """
    limit_this_process(header["memory"])
    if header["format"] == "onnx":
        from crembo_cli.teachers.onnx.model import OnnxModel

        confined = confine()
        model = OnnxModel(
            header["path"], threads=header["threads"], hard_labels=header["hard_labels"]
        )
        return model, confined
    from crembo_cli.teachers.pickles.estimator import Estimator, load_estimator, use_threads

    use_threads()
    confined = confine()
    path, trust = header["path"], header["trust"]
    with nullcontext() if trust else limited_cpu(Path(path)):
        found, warnings = load_estimator(
            path, header["format"], trust=trust, threads=header["threads"]
        )
        return Estimator(found, warnings=warnings, hard_labels=header["hard_labels"]), confined


def answer(model: Model, header: dict[str, Any], arrays: list[Array]) -> Message:
    """The reply of `model` to a message that requests scores or a rate."""
    rows = model.rows(header, arrays)
    if header["do"] == "score":
        began, busy = time.perf_counter(), time.process_time()
        predicted = model.predict(rows)
        seconds, busy = time.perf_counter() - began, time.process_time() - busy
        found, answers = model.scores(predicted, header["rows"])
        return {**found, "processors": busy / max(seconds, 1e-9)}, answers
    return {"rows_per_second": header["rows"] / best_seconds(lambda: model.predict(rows))}, []


def refusal(error: BaseException) -> dict[str, Any]:
    """An error as a reply to the parent."""
    notes = [traceback.format_exc()]
    first_line = str(error).strip().partition("\n")[0]
    refused = isinstance(error, PermissionError) or isinstance(error.__cause__, PermissionError)
    why = CONFINED if refused else ""
    if isinstance(error, TeacherError):
        return {"error": f"{error}{why}", "notes": notes}
    if isinstance(error, MemoryError) or any(
        sign in first_line for sign in ("bad allocation", "bad_alloc")
    ):
        return {"error": "the teacher ran out of memory", "notes": notes}
    if isinstance(error, ModuleNotFoundError) and error.name in LIBRARIES:
        what = f"the teacher needs {error.name}, which is not installed; pip install {error.name}"
        return {"error": what, "notes": notes}
    failed = f"the teacher failed: {type(error).__name__}: {first_line}"
    return {"error": f"{failed}{why}", "notes": notes}


def serve(questions: queue.SimpleQueue[Message], replies: BinaryIO) -> None:
    """Answers until the parent is gone, which ends the process."""
    model: Model | None = None
    while True:
        header, arrays = questions.get()
        reply: Message
        try:
            if header["do"] == "load":
                model, confined = load(header)
                reply = {**model.info.to_json(), "confinement": confined}, []
            else:
                assert model is not None, "score before load"
                reply = answer(model, header, arrays)
        except BaseException as error:  # report whatever the model raises
            reply = refusal(error), []
        send(replies, *reply)


def listen(stream: BinaryIO, questions: queue.SimpleQueue[Message]) -> None:
    """Passes messages on; ends the process when the parent is gone, even amid a prediction."""
    try:
        while (message := receive(stream)) is not None:
            questions.put(message)
    finally:
        os._exit(0)


def main() -> None:
    """Takes the pipes for the messages, and leaves standard error to the model."""
    import_without_searching()
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    questions: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(incoming, questions), daemon=True).start()
    serve(questions, outgoing)


if __name__ == "__main__":
    main()
