"""Query the workers of a run, which hold the same model in child processes of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from crembo_cli.cluster.engine import Engine
from crembo_cli.teachers.process.side_by_side import Part, Question
from crembo_cli.teachers.process.wire import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from crembo_cli.teachers.process.wire import Array


class Answering(Protocol):
    """A model that becomes the worker's own on its way to a worker."""

    def answer(self, header: Mapping[str, Any], arrays: Sequence[Array]) -> Message:
        """Return the answer of its child process to one message."""
        ...


def ask_workers(
    engine: Engine, model: Answering, questions: Iterable[Question[Part]]
) -> Iterator[tuple[Part, Message]]:
    """Generate the parts of `questions` with their answers, in order, as `Children.ask` does."""
    asked: deque[Part] = deque()

    def messages() -> Iterator[tuple[Mapping[str, Any], Sequence[Array]]]:
        for part, header, arrays in questions:
            asked.append(part)
            yield header, arrays

    for answer in engine.map(partial(_answer, model), messages()):
        yield asked.popleft(), answer


def _answer(model: Answering, message: tuple[Mapping[str, Any], Sequence[Array]]) -> Message:
    return model.answer(*message)
