"""Open a text file as UTF-8 bytes: plain, gzip, UTF-16, with a BOM, or standard input."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from crembo_cli.errors import DataError

BLOCK = 1 << 20  # bytes read at a time
IN_MEMORY = 1 << 26  # bytes of decompressed text in memory; more goes to a temporary file


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open text file."""

    name: str  # for messages
    sha256: str  # of the stored bytes, before decompression
    text: IO[bytes]  # seekable; expected to be UTF-8, which is not checked here
    start: int  # offset in bytes of the text, after a byte order mark
    path: Path | None = None  # of the text, where it is a file of its own
    stamp: tuple[int, ...] = ()  # of that file: another one has another

    def read(self, start: int, size: int) -> bytes:
        """Return so many bytes of the text from `start` on; raise DataError if it changed."""
        if self.path is None:
            self.text.seek(start)
            return self.text.read(size)
        try:
            with self.path.open("rb") as file:
                if _stamp(file) != self.stamp:
                    raise DataError(
                        "the file changed while it was read",
                        where=self.name,
                        hint="wait until the table is written, then try again",
                    )
                file.seek(start)
                return file.read(size)
        except OSError as error:
            raise DataError(f"cannot read the file: {error.strerror}", where=self.name) from error

    def __getstate__(self) -> dict[str, Any]:
        """The state without the open file, for a process that reads it by its path."""
        return {**self.__dict__, "text": io.BytesIO()}


@contextmanager
def open_source(path: Path | None) -> Iterator[Source]:
    """Open `path`, or standard input if it is None.

    The first bytes tell gzip (RFC 1952) and a byte order mark of UTF-8 or UTF-16; anything else
    is UTF-8. Text that must be decompressed or can be read only once, as from a pipe, is copied to
    a temporary file, so that memory does not grow with the text.

    Raises `DataError` for a missing file, invalid gzip and invalid UTF-16.
    """
    import tempfile

    name = "standard input" if path is None else path.name
    if path is None and sys.stdin is None:  # Python sets it to None if it is closed
        raise DataError("cannot read standard input", found="it is closed")
    try:
        raw: BinaryIO = sys.stdin.buffer if path is None else path.open("rb")
    except OSError as error:
        raise DataError(f"cannot read the file: {error.strerror}", where=str(path)) from error
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as decompressed:
        try:
            digest = hashlib.sha256()
            head = raw.read(BLOCK)
            direct = (
                path is not None and raw.seekable() and not head.startswith((b"\x1f\x8b", *UTF16))
            )
            blocks = _hash_blocks(head, raw, digest)
            if direct:
                for _ in blocks:
                    pass
            else:
                for block in _to_utf8(_gunzip(blocks, name), name):
                    decompressed.write(block)
            text: IO[bytes] = raw if direct else decompressed
            text.seek(0)
            start = 3 if text.read(3) == codecs.BOM_UTF8 else 0
            yield Source(
                name=name,
                sha256=digest.hexdigest(),
                text=text,
                start=start,
                path=path.absolute() if direct and path is not None else None,
                stamp=_stamp(raw) if direct else (),
            )
        finally:
            if path is not None:
                raw.close()


def _stamp(file: BinaryIO) -> tuple[int, ...]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def _hash_blocks(head: bytes, raw: BinaryIO, digest: hashlib._Hash) -> Iterator[bytes]:
    block = head
    while block:
        digest.update(block)
        yield block
        block = raw.read(BLOCK)


def _gunzip(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    first = next(blocks, b"")
    if not first.startswith(b"\x1f\x8b"):
        yield first
        yield from blocks
        return
    try:
        member = zlib.decompressobj(wbits=31)
        for compressed in _chain(first, blocks):
            data = compressed
            while data:
                if member.eof:  # a file may hold several members in sequence
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(data)
                data = member.unused_data
        damaged = "" if member.eof else "an incomplete file"
    except zlib.error as error:
        damaged = str(error)
    if damaged:
        raise DataError(
            "invalid gzip file", where=name, found=damaged, hint="copy or compress it again"
        )


def _to_utf8(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
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
            "invalid text encoding",
            where=f"{name}, line {lines} or later",
            found=str(error),
            wanted="UTF-16, because of its byte order mark",
            hint="save it as UTF-8",
        ) from error


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
