"""A text file as plain UTF-8 bytes, whatever it came as: gzip, UTF-16, a BOM, standard input."""

from __future__ import annotations

import codecs
import hashlib
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from crembo_cli.errors import DataError

BLOCK = 1 << 20  # bytes read at a time
IN_MEMORY = 1 << 26  # bytes of unpacked text kept in memory before they go to a temporary file


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open text file."""

    name: str  # for messages
    sha256: str  # of the bytes as they were stored
    text: IO[bytes]  # seekable; UTF-8 is expected, not checked
    start: int  # where the text begins: behind a byte order mark


@contextmanager
def open_source(path: Path | None) -> Iterator[Source]:
    """Open `path`, or standard input where it is None.

    gzip is known by its first bytes (RFC 1952), UTF-8 and UTF-16 with a byte order mark by
    theirs; all else is taken for UTF-8. What has to be unpacked or read once goes to a
    temporary file, so that memory does not grow with the text.

    Raises `DataError` for a file that is not there, damaged gzip and broken UTF-16.
    """
    import tempfile

    name = "standard input" if path is None else path.name
    if path is None and sys.stdin is None:  # Python's way to say that it was closed
        raise DataError("cannot read standard input", found="it is closed")
    try:
        raw: BinaryIO = sys.stdin.buffer if path is None else path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read the file: {error.strerror}", where=str(path)) from error
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as unpacked:
        try:
            digest = hashlib.sha256()
            head = raw.read(BLOCK)
            direct = path is not None and not head.startswith((b"\x1f\x8b", *UTF16))
            blocks = _hashed(head, raw, digest)
            if direct:
                for _ in blocks:
                    pass
            else:
                for block in _utf8(_gunzipped(blocks, name), name):
                    unpacked.write(block)
            text: IO[bytes] = raw if direct else unpacked
            text.seek(0)
            start = 3 if text.read(3) == codecs.BOM_UTF8 else 0
            yield Source(name=name, sha256=digest.hexdigest(), text=text, start=start)
        finally:
            if path is not None:
                raw.close()


UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def _hashed(head: bytes, raw: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    block = head
    while block:
        digest.update(block)
        yield block
        block = raw.read(BLOCK)


def _gunzipped(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    first = next(blocks, b"")
    if not first.startswith(b"\x1f\x8b"):
        yield first
        yield from blocks
        return
    try:
        member = zlib.decompressobj(wbits=31)
        for packed in _chain(first, blocks):
            data = packed
            while data:
                if member.eof:  # a file may hold several members, one after the other
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(data)
                data = member.unused_data
        damaged = "" if member.eof else "it ends too early"
    except zlib.error as error:
        damaged = str(error)
    if damaged:
        raise DataError(
            "the gzip file is damaged", where=name, found=damaged, hint="copy or pack it again"
        )


def _utf8(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    first = next(blocks, b"")
    encoding = UTF16.get(first[:2])
    if encoding is None:
        yield first
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    try:
        for block in _chain(first[2:], blocks):
            text = decoder.decode(block)
            lines += text.count("\n")
            yield text.encode("utf-8")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise DataError(
            "the text cannot be decoded",
            where=f"{name}, line {lines} or later",
            found=str(error),
            wanted="UTF-16, as its byte order mark says",
            hint="save it as UTF-8",
        ) from error


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
