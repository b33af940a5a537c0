"""`.skops` files, loaded in the child process under the same allow-list as pickles."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.allowed_names import allowed_names, not_allowed


def load_skops(path: Path, *, trust: bool) -> Any:
    """The object in `path`. With `trust` whatever the file names is loaded; without, what skops
    itself trusts and the names on the allow-list.

    Raises:
        TeacherError: a name that is not trusted, or no .skops file, or a part of one.
    """
    import skops.io  # type: ignore[import-untyped] # it ships no types

    try:
        unknown = skops.io.get_untrusted_types(file=path)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise TeacherError(
            "not a .skops file, or one that was cut short",
            found=f"{path.stat().st_size} bytes: {error}",
        ) from error
    allowed = {f"{module}.{name}" for module, name in allowed_names()}
    refused = [] if trust else [name for name in unknown if name not in allowed]
    if refused:
        raise not_allowed(", ".join(refused))
    return skops.io.load(path, trusted=unknown)
