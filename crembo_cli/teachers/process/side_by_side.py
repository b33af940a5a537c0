"""Query several child processes that hold the same model: chunks are answered side by side."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process.child import Child
from crembo_cli.teachers.process.wire import Array, Message

AHEAD = 2  # chunks at a child: it need not wait for the next while one is on its way
HELP_AFTER = 0.5  # seconds of waiting for answers: the processor that helps would be idle
ALONE = 1.25  # processors that a model uses at most, if it computes with one thread

Part = TypeVar("Part")
Question = tuple[Part, Mapping[str, Any], Sequence[Array]]  # a part, and its message


class Children:
    """The child that holds a model, and helpers that hold the same.

    `start` starts a helper, which loads the model in the background; there are `most` children at
    most. They start once answers took HELP_AFTER seconds of a model that uses one thread. The
    answers do not depend on them: each chunk is answered by one child.
    """

    def __init__(self, first: Child, start: Callable[[], Child], most: int) -> None:
        self._ready = [first]
        self._loading: list[Child] = []
        self._start, self._most = start, most
        self._waited, self._helped = 0.0, False

    def ask(self, questions: Iterable[Question[Part]]) -> Iterator[tuple[Part, Message]]:
        """Generate the parts of `questions` with their answers, in order.

        Raises:
            TeacherError: a child found something wrong, or ended.
        """
        asked: deque[tuple[Part, Child]] = deque()
        try:
            for part, header, arrays in questions:
                while len(asked) >= AHEAD * len(self._ready):
                    yield self._next(asked)
                self._welcome()
                child = min(self._ready, key=[each for _, each in asked].count)
                child.tell(header, arrays)
                asked.append((part, child))
            while asked:
                yield self._next(asked)
        finally:
            # After an error, the answers that are left are none to the next question.
            for _, child in asked:
                with suppress(TeacherError):
                    child.answer()

    def close(self) -> None:
        """End the helpers."""
        for each in (*self._ready[1:], *self._loading):
            each.close()

    def _next(self, asked: deque[tuple[Part, Child]]) -> tuple[Part, Message]:
        began = time.perf_counter()
        part, child = asked.popleft()
        header, arrays = child.answer()
        self._waited += time.perf_counter() - began
        used = header.get("processors")
        alone = isinstance(used, float) and used <= ALONE
        if self._waited > HELP_AFTER and alone and not self._helped:
            self._helped = True
            self._loading = [self._start() for _ in range(self._most - 1)]
        return part, (header, arrays)

    def _welcome(self) -> None:
        """Give work to the helpers that have loaded the model."""
        for each in [each for each in self._loading if each.has_answer()]:
            self._loading.remove(each)
            try:
                each.answer()  # what it says of the model is known
            except TeacherError:  # there is no memory for two, perhaps
                each.close()
            else:
                self._ready.append(each)
