"""Scan the raw bytes below a header for facts that a CSV reader does not report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.csv.header import Header, nul_error
from crembo_cli.dataset.csv.source import Source

BLOCK = 1 << 16  # bytes per step: they fit into a processor's cache
ZERO, QUOTE = ord("0"), ord('"')  # blanks, line ends and quotes are <= QUOTE


@dataclass(frozen=True, kw_only=True)
class Body:
    """Facts about the bytes below the header."""

    size: int  # bytes
    lines: int  # up to the last line that is not blank
    quoted: bool  # whether there is any quote
    well_quoted: bool  # each quote opens or closes a cell or is doubled, and all are closed
    padded: bool  # whether a cell may begin with a zero and a digit or x, like 007


def scan_body(source: Source, header: Header, *, block_bytes: int = BLOCK) -> Body:
    """Read the body once, in blocks. Raises `DataError` for a NUL byte, with its line."""
    quotes = _QuoteState(header.delimiter)
    lines = pending = size = 0  # newlines up to the last line that is not blank, and after it
    padded = some = False
    window = b"\n"  # the block with one byte before it and, except at the end, one after it
    source.text.seek(header.body)
    while True:
        block = source.text.read(block_bytes)
        if b"\0" in block:
            line = header.first_line + lines + pending
            line += block[: block.index(b"\0")].count(header.newline)
            raise nul_error(f"{source.name}, line {line}")
        size += len(block)
        filled = block.rstrip(b"\r\n")
        if filled:
            lines += pending + filled.count(header.newline)
            pending, some = 0, True
        pending += block[len(filled) :].count(header.newline)
        window += block or b"\n"
        quotes.feed(window)
        padded = padded or _padded(window, header.delimiter)
        window = window[-2:]
        if not block:
            break
    return Body(
        size=size,
        lines=lines + some,
        quoted=quotes.seen,
        well_quoted=quotes.well and not quotes.inside,
        padded=padded,
    )


def _padded(window: bytes, delimiter: str) -> bool:
    """Return whether a cell begins with a zero that is followed by a digit or an x."""
    bytes_ = np.frombuffer(window, np.uint8)
    before, after = bytes_[:-2], bytes_[2:]
    starts = (before <= QUOTE) | (before == ord(delimiter))
    starts &= bytes_[1:-1] == ZERO
    return bool((starts & ((after - ZERO <= 9) | (after | 32 == ord("x")))).any())


class _QuoteState:
    """The state of quotes from window to window; windows overlap by two bytes.

    Quotes are taken to open and close in turn. That is right if each opening quote is at the
    start of a cell (or after a closing one: a doubled quote) and each closing quote is at the
    end of a cell (or before an opening one). `well` is true as long as this holds.
    """

    def __init__(self, delimiter: str) -> None:
        self.inside = False
        self.seen = False
        self.well = True
        self._beside: NDArray[np.bool_] = np.zeros(256, np.bool_)
        self._beside[[*b'\r\n"', ord(delimiter)]] = True

    def feed(self, window: bytes) -> None:
        if b'"' not in window:
            return
        bytes_ = np.frombuffer(window, np.uint8)
        at = np.flatnonzero(bytes_[1:-1] == QUOTE) + 1
        if not at.size:
            return
        self.seen = True
        opens, closes = (at[1::2], at[::2]) if self.inside else (at[::2], at[1::2])
        fits = self._beside[bytes_[opens - 1]].all() and self._beside[bytes_[closes + 1]].all()
        self.well = self.well and bool(fits)
        self.inside ^= bool(at.size % 2)
