"""The files of a table of several parts, and the columns that the names of their folders are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from crembo_cli.addresses import WILD
from crembo_cli.errors import DataError

PARTITION = re.compile("([^=]+)=(.*)")  # a folder's name: column and value, as Hive writes them
MISSING = "__HIVE_DEFAULT_PARTITION__"
WHOLE = re.compile("0|-?[1-9][0-9]{0,17}")  # 007 is a text


def folder_parts(folder: Path) -> list[Path]:
    """Return the parts of a table's folder, by name.

    They are named `*.parquet` and lie in it, or in folders named COLUMN=VALUE. Names that begin
    with `_` or `.` (markers, checksums) are passed over. Raises DataError for anything else.
    """
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(("_", ".")):
            continue
        if entry.is_dir() and PARTITION.fullmatch(entry.name):
            found += folder_parts(entry)
        elif entry.is_dir() or entry.suffix != ".parquet":
            raise _invalid(folder, f"{entry.name!r} in it")
        else:
            found.append(entry)
    if not found:
        raise _invalid(folder, "nothing in it")
    return found


def matching_parts(pattern: Path) -> tuple[Path, list[Path]]:
    """Return the folder before the first wildcard of `pattern`, and the parts that match, by name.

    Raises DataError where none does, and for a part that is not named `*.parquet`.
    """
    names = pattern.parts
    first = next(i for i, name in enumerate(names) if WILD.search(name))
    folder = Path(*names[:first]).resolve()
    found = sorted(folder.glob(str(Path(*names[first:]))))
    files = [each for each in found if each.is_file() and not each.name.startswith(("_", "."))]
    if not files:
        raise DataError("no file matches", where=str(pattern), wanted="files named *.parquet")
    other = next((each for each in files if each.suffix != ".parquet"), None)
    if other is not None:
        raise DataError(
            "unsupported table format",
            where=str(pattern),
            found=repr(other.name),
            wanted="of several files, *.parquet only",
        )
    return folder, files


def partitions(path: Path, files: Sequence[Path]) -> list[Mapping[str, object]]:
    """Return for each of `files` the columns that the folders between it and `path` name.

    A column is of whole numbers if all of its values are, else of text; None where it is missing.
    Raises DataError for files in folders with other columns.
    """
    found = [_columns(path, file) for file in files]
    for file, columns in zip(files, found, strict=True):
        if list(columns) != list(found[0]):
            raise DataError(
                "the parts of the table lie in folders with other columns",
                where=f"{path.name}/{file.relative_to(path)}",
                found=", ".join(columns) or "none",
                wanted=", ".join(found[0]) or "none",
            )
    whole = {
        name
        for name in (found[0] if found else {})
        if all(WHOLE.fullmatch(each[name] or "") for each in found)
    }
    return [
        {name: int(value or "") if name in whole else value for name, value in each.items()}
        for each in found
    ]


def _columns(path: Path, file: Path) -> dict[str, str | None]:
    if file == path:
        return {}
    columns: dict[str, str | None] = {}
    for name in file.relative_to(path).parts[:-1]:
        match = PARTITION.fullmatch(name)
        if match is not None:
            columns[unquote(match[1])] = None if match[2] == MISSING else unquote(match[2])
    return columns


def _invalid(folder: Path, found: str) -> DataError:
    return DataError(
        "invalid table folder",
        where=str(folder),
        found=found,
        wanted="files named *.parquet, in it or in folders named COLUMN=VALUE",
    )
