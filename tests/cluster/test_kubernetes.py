"""The manifest of docs/dask.md: its parts fit together, and its commands run."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import crembo_cli as crembo
from tests import small_teachers
from tests.cluster.dask_processes import free_port

yaml = pytest.importorskip("yaml")
PAGE = Path(__file__).parents[2] / "docs" / "dask.md"
ADDRESS = "tcp://dask:8786"


@pytest.fixture(scope="module")
def manifest() -> dict[tuple[str, str], dict[str, Any]]:
    """The specifications by kind and name."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {
        (each["kind"], each["metadata"]["name"]): each["spec"] for each in yaml.safe_load_all(block)
    }


def container(specification: dict[str, Any]) -> dict[str, Any]:
    """The one container of a Deployment or a Job."""
    (found,) = specification["template"]["spec"]["containers"]
    return dict(found)


def test_labels_ports_and_volumes_fit(manifest: dict[tuple[str, str], dict[str, Any]]) -> None:
    """The service finds the scheduler; worker and job find the service and mount one volume."""
    service, scheduler = manifest["Service", "dask"], manifest["Deployment", "dask-scheduler"]
    worker, job = manifest["Deployment", "dask-worker"], manifest["Job", "score"]
    assert service["selector"] == scheduler["template"]["metadata"]["labels"]
    assert container(scheduler)["command"][-1] == str(service["ports"][0]["port"])
    for each in (scheduler, worker):
        assert each["selector"]["matchLabels"] == each["template"]["metadata"]["labels"]
    for each in (worker, job):
        assert ADDRESS in container(each)["command"]
        assert container(each)["volumeMounts"] == [{"name": "shared", "mountPath": "/shared"}]
        claim = {"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}
        assert each["template"]["spec"]["volumes"] == [claim]


def test_its_commands_run(
    tmp_path: Path, manifest: dict[tuple[str, str], dict[str, Any]], teacher: Path
) -> None:
    """A scheduler, a worker and the job, each as its container starts it."""
    port = str(free_port())
    (tmp_path / "customers").mkdir()
    small_teachers.table(200).to_parquet(tmp_path / "customers" / "part-0.parquet")
    (tmp_path / "churn.onnx").write_bytes(teacher.read_bytes())

    def command(kind: str, name: str) -> list[str]:
        program, *arguments = container(manifest[kind, name])["command"]
        changes = {"8786": port, "//dask": "//127.0.0.1", "/shared/": f"{tmp_path}/"}
        changes["churn.pkl"] = "churn.onnx"
        for old, new in changes.items():
            arguments = [each.replace(old, new) for each in arguments]
        loopback = ["--host", "127.0.0.1", "--no-dashboard"] if program == "dask" else []
        return [str(Path(sys.executable).with_name(program)), *arguments, *loopback]

    with ExitStack() as stack:
        for name in ("dask-scheduler", "dask-worker"):
            running = stack.enter_context(
                subprocess.Popen(
                    command("Deployment", name), cwd=tmp_path, stderr=subprocess.DEVNULL
                )
            )
            stack.callback(running.kill)
        job = command("Job", "score")
        done = subprocess.run(
            ["bash", "-c", 'until "$@"; do sleep 1; done', "bash", *job],
            timeout=60, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stdout == ""
    found = pd.read_parquet(tmp_path / "probabilities")
    expected = crembo.score(teacher, tmp_path / "customers").frame
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)
