"""A real plugin: the two steps of `docs/plugins.md`, carried out word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_models"


def blocks(language: str) -> list[str]:
    """The blocks in `language` of the page on plugins."""
    page = (ROOT / "docs" / "plugins.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def run(arguments: list[str], folder: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Run Python on `arguments` with the plugin's folder on its path."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the plugin as pip installs it, built from the page's two files."""
    source = tmp_path_factory.mktemp("plugin")
    site = tmp_path_factory.mktemp("site")
    module, _ = blocks("python")
    (project,) = blocks("toml")
    (source / "centroids.py").write_text(module)
    (source / "pyproject.toml").write_text(project)
    install = ["install", "--no-deps", "--no-build-isolation", "-q", "--target", str(site), "."]
    built = run(["-m", "pip", *install], source, site)
    assert built.returncode == 0, built.stderr
    return site


def test_the_plugin_is_listed(site: Path, tmp_path: Path) -> None:
    """`crembo students` lists the family with its option, its range and its help."""
    listed = run(["-m", "crembo_cli", "students"], tmp_path, site)
    assert listed.returncode == 0
    assert "centroids: the class with the nearest centre" in listed.stdout
    assert "--set sharpness=1.0" in listed.stdout
    assert "How quickly the probability falls with distance." in listed.stdout


def test_the_plugin_compresses(site: Path, tmp_path: Path) -> None:
    """The command line fits, replays and writes a student of the plugin's family."""
    command = ["-m", "crembo_cli", "compress"]
    data = [str(SAMPLES / "wine_mlp.onnx"), str(SAMPLES / "wine.csv")]
    options = ["--student", "centroids", "--set", "sharpness=2", "--require", "fidelity>=0.8"]
    few = ["--synthetic", "1000", "--thresholds", "2", "--quick-report"]
    done = run([*command, *data, *options, *few], tmp_path, site)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "wine_mlp.student.onnx").exists()


def test_an_option_of_the_plugin_out_of_range_is_refused(site: Path, tmp_path: Path) -> None:
    """The range in a plugin's metadata is kept as our own families' are."""
    data = [str(SAMPLES / "wine_mlp.onnx"), str(SAMPLES / "wine.csv")]
    options = ["--student", "centroids", "--set", "sharpness=0"]
    done = run(["-m", "crembo_cli", "compress", *data, *options], tmp_path, site)
    assert done.returncode == 2
    assert "sharpness" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_plugin_keeps_the_contract(site: Path, tmp_path: Path) -> None:
    """The README's own test of the plugin passes."""
    _, test = blocks("python")
    (tmp_path / "test_centroids.py").write_text(test)
    done = run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], tmp_path, site)
    assert done.returncode == 0, done.stdout
