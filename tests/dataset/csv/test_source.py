"""Tests of crembo_cli.dataset.csv.source."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from pathlib import Path

import pytest

from crembo_cli.dataset.csv.source import BLOCK, open_source
from crembo_cli.errors import DataError
from tests.dataset.conftest import Write

TEXT = "name,größe\nx,1\n"


def unpacked(path: Path) -> bytes:
    """The text of a file, as bytes."""
    with open_source(path) as source:
        source.text.seek(source.start)
        return source.text.read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_gives_the_same_text(write: Write, encoding: str, packed: bool) -> None:
    """UTF-8, with or without a mark, UTF-16 with one, and gzip of each come out as UTF-8."""
    stored = TEXT.encode(encoding)
    if encoding.startswith("utf-16"):
        stored = "\ufeff".encode(encoding) + stored
    path = write(gzip.compress(stored) if packed else stored)
    assert unpacked(path) == TEXT.encode()


def test_sha256_is_of_the_stored_bytes(write: Write) -> None:
    """The digest is that of the file as it lies on the disk, packed or not."""
    for stored in (TEXT.encode(), gzip.compress(TEXT.encode())):
        with open_source(write(stored)) as source:
            assert source.sha256 == hashlib.sha256(stored).hexdigest()


def test_gzip_may_have_several_members(write: Write) -> None:
    """gzip of several members, each larger than a block, is read to its end."""
    body = bytes(range(65, 91)) * (BLOCK // 20)
    assert unpacked(write(gzip.compress(body) + gzip.compress(b"end"))) == body + b"end"


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_invalid_gzip_is_refused(write: Write, harm: str) -> None:
    """gzip that ends early or was changed is refused."""
    packed = gzip.compress(TEXT.encode() * 50)
    packed = packed[:-10] if harm == "cut" else packed[:30] + b"\xff" + packed[31:]
    with pytest.raises(DataError, match=r"data\.csv: invalid gzip file"):
        unpacked(write(packed))


def test_invalid_utf16_is_refused(write: Write) -> None:
    """Half a UTF-16 character at the end is refused, with the place."""
    stored = b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\x00"
    with pytest.raises(DataError, match=r"data\.csv, line 3 or later.*invalid text encoding"):
        unpacked(write(stored))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is read once, and can be read again from its copy."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    with open_source(None) as source:
        assert source.name == "standard input"
        for _ in range(2):
            source.text.seek(0)
            assert source.text.read() == TEXT.encode()


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input that was closed, as it may be under cron, is refused."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="cannot read standard input; found it is closed"):
        open_source(None).__enter__()


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    """A file that cannot be opened is refused with the system's reason."""
    with pytest.raises(DataError, match="cannot read the file: No such file"):
        unpacked(tmp_path / "none.csv")
