"""One pass over the raw bytes below a header, for what a CSV reader does not tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crembo_cli.dataset.csv.header import Header, not_text
from crembo_cli.dataset.csv.source import Source

BLOCK = 1 << 16  # bytes looked at together: few enough to stay in a processor's cache
ZERO, QUOTE = ord("0"), ord('"')  # blanks, line ends and quotes are <= QUOTE


@dataclass(frozen=True, kw_only=True)
class Body:
    """Facts on the bytes below the header."""

    size: int  # bytes
    lines: int  # up to the last one that is not blank
    quoted: bool  # there is a quote somewhere
    well_quoted: bool  # each quote opens a cell, closes one or is doubled; what opens closes
    padded: bool  # somewhere a cell may begin with a zero and another digit or x, like 007


def scan_body(source: Source, header: Header) -> Body:
    """Read the body once, in blocks. Raises `DataError` at a NUL byte, with its line."""
    quotes = _Quotes(header.delimiter)
    lines = pending = size = 0  # newlines up to the last line with something in it; since; bytes
    padded = some = False
    window = b"\n"  # one byte before the block and, but at the end, one behind it
    source.text.seek(header.body)
    while True:
        block = source.text.read(BLOCK)
        if b"\0" in block:
            line = header.first_line + lines + pending
            line += block[: block.index(b"\0")].count(header.newline)
            raise not_text(f"{source.name}, line {line}")
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
    """Whether a zero with another digit or an x behind it begins a cell."""
    bytes_ = np.frombuffer(window, np.uint8)
    before, after = bytes_[:-2], bytes_[2:]
    starts = (before <= QUOTE) | (before == ord(delimiter))
    starts &= bytes_[1:-1] == ZERO
    return bool((starts & ((after - ZERO <= 9) | (after | 32 == ord("x")))).any())


class _Quotes:
    """Follows quotes from window to window; windows overlap by two bytes.

    Taking each quote for one that opens or closes in turn is right as long as every opening one
    stands at the start of a cell (or behind a closing one: a doubled quote) and every closing
    one at the end of a cell (or before an opening one). That is what `well` says.
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
