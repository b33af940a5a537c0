"""Ctrl-C and SIGTERM end a run once, cleanly."""

from __future__ import annotations

import signal
from collections.abc import Callable


class Terminated(KeyboardInterrupt):
    """SIGTERM, handled like Ctrl-C."""


def end_on_signals() -> None:
    """Raise at the first SIGINT or SIGTERM; a second one ends the process at once.

    A signal that the caller ignores, as `nohup` and a shell's `&` do, stays ignored.
    """
    for number, error in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _raise_once(error))


_received: list[type[KeyboardInterrupt]] = []


def received_signal() -> type[KeyboardInterrupt] | None:
    """Return what the first signal raised, if one came.

    A compiled library that is interrupted while it is imported raises an error of its own, and
    what is raised in a destructor is lost.
    """
    return _received[0] if _received else None


def _raise_once(error: type[KeyboardInterrupt]) -> Callable[[int, object], None]:
    def handle(number: int, frame: object) -> None:
        del number, frame
        default_signals()
        _received.append(error)
        raise error

    return handle


def default_signals() -> None:
    """Let SIGINT and SIGTERM end the process at once: there is nothing left to clean up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
