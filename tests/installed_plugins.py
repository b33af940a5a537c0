"""Packages that are installed for the length of one test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from crembo_cli.students import registry

Plugged = Callable[..., None]


def install(site: Path, package: str, families: Mapping[str, str], module: str | None) -> None:
    """Put a package into the folder `site` as pip does: its facts, its entry points, a module."""
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    points = "".join(f"{name} = {place}\n" for name, place in families.items())
    (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{points}")
    if module is not None:
        (site / f"{package}.py").write_text(module)


def plugged_into(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    """A function that installs packages; afterwards none of them is left."""
    monkeypatch.syspath_prepend(site)
    installed: list[str] = []

    def plug(package: str, families: Mapping[str, str], module: str | None = None) -> None:
        install(site, package, families, module)
        installed.append(package)
        registry._entry_points.cache_clear()

    yield plug
    for package in installed:
        sys.modules.pop(package, None)
    monkeypatch.undo()
    registry._entry_points.cache_clear()
