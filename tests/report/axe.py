"""axe-core, the accessibility checker, from npm: installed for the tests that want it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NPM = shutil.which("npm")
# What is wrong on a page, however light, and text on a gradient, of which axe cannot tell whether
# its contrast is enough.
RUN = """axe.run(document, OPTIONS).then((found) => [...found.violations, ...found.incomplete]
  .map(({id, nodes}) => [id, nodes.filter((node) => found.violations.some((each) => each.id === id)
    || node.any.some((check) => check.data && check.data.messageKey === "bgGradient"))])
  .filter(([, nodes]) => nodes.length)
  .map(([id, nodes]) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`))"""
ALL = RUN.replace("OPTIONS", "{}")
# What another theme may change.
COLOURS = RUN.replace("OPTIONS", "{runOnly: ['color-contrast', 'link-in-text-block']}")


def install_axe(folder: Path) -> str | None:
    """The source of axe-core; None if npm or its registry cannot be reached."""
    if NPM is None:
        return None
    order = [NPM, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
    try:
        done = subprocess.run(order, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return None
    path = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not path.exists():
        return None
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    source = install_axe(tmp_path_factory.mktemp("axe"))
    if source is None:
        pytest.skip("axe-core cannot be had from npm")
    return source
