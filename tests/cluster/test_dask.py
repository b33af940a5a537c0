"""Runs on a real scheduler with real workers: the same bytes, and faults in one line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from onnx import helper, numpy_helper

import crembo_cli as crembo
from crembo_cli.cluster.engine import on_workers
from crembo_cli.errors import ClusterError, DataError, TeacherError, UsageError
from crembo_cli.report.model import render_json
from crembo_cli.runs import querying
from crembo_cli.runs import rows as limits
from crembo_cli.runs.inputs import open_teacher
from crembo_cli.runs.options import TeacherOptions
from crembo_cli.search import defaults
from tests import small_teachers
from tests.cluster.dask_processes import scheduler, worker
from tests.command_line import Crembo
from tests.dataset.test_blocks import blocks_of

ROWS = 3_000
FAST: dict[str, Any] = {
    "quick_report": True, "max_depth": 3, "synthetic": 20, "thresholds": 4
}  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers of one thread."""
    with ExitStack() as stack:
        address = stack.enter_context(scheduler())
        for _ in range(2):
            stack.enter_context(worker(address, tmp_path_factory.mktemp("worker")))
        yield address


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of whole numbers of which late ones are not, and yes or no."""
    frame = small_teachers.table(ROWS)
    frame["b"] = [b + 0.5 if i > 2_900 else int(b) for i, b in enumerate(frame["b"])]
    frame["c"] = frame["c"] > 4
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    pq.write_table(pa.Table.from_pandas(frame.astype({"b": float})), path, row_group_size=200)
    return path


def test_score_on_workers_writes_the_same_bytes(
    tmp_path: Path, cluster: str, table: Path, teacher: Path
) -> None:
    """A file of a table of text in blocks, and a folder of parts of one of Parquet."""
    as_text = tmp_path / "t.csv"
    pd.read_parquet(table).to_csv(as_text, index=False)
    found = {}
    for name, dask in (("here", None), ("there", cluster)):
        whole, folder = tmp_path / f"{name}.parquet", tmp_path / name
        with blocks_of(rows=500, size=9_000):
            crembo.score(teacher, as_text, output=whole, dask=dask)
            parts = crembo.score(teacher, table, output=f"{folder}/", dask=dask)
        found[dask] = [whole.read_bytes(), *(p.read_bytes() for p in sorted(folder.iterdir()))]
        pd.testing.assert_frame_equal(parts.frame, pd.read_parquet(whole))
    assert found[None] == found[cluster]
    assert len(found[None]) > 5
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_compress_and_evaluate_on_workers_give_the_same_bytes(
    tmp_path: Path, cluster: str, table: Path, teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The student to the byte, and the report but for its times.

    Drawn rows are queried block by block, of which the first may have none, or together.
    """
    here, there = tmp_path / "here.onnx", tmp_path / "there.onnx"
    reports = []
    for path, dask in ((here, None), (there, cluster)):
        with blocks_of(rows=500):
            options: dict[str, Any] = {"rows": 1_000, "label": "target", "dask": dask}
            crembo.compress(teacher, table, output=path, **options, **FAST)
            found = []
            for rows, few in ((900, 0), (2, 0), (400, 400)):
                monkeypatch.setattr(querying, "FEW_ROWS", few)
                report = crembo.evaluate(here, table, teacher=teacher, dask=dask, rows=rows).report
                found.append({**json.loads(render_json(report)), "timing": None})
        reports.append(found)
    assert here.read_bytes() == there.read_bytes()
    assert reports[0] == reports[1]
    assert [each["data"]["queried_rows"] for each in reports[0]] == [900, 2, 400]


def test_all_test_rows_of_compress_are_measured_on_workers(
    tmp_path: Path, cluster: str, table: Path, teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The student to the byte, and the report but for its times and paths."""
    monkeypatch.setattr(defaults, "MOST_FIT_ROWS", 600)
    monkeypatch.setattr(limits, "HELD_ROWS", 200)
    found = []
    for dask in (None, cluster):
        with blocks_of(rows=500):
            result = crembo.compress(teacher, table, label="target", rows="all", dask=dask, **FAST)
        report = {**json.loads(render_json(result.report)), "timing": None}
        found.append((result.content, report))
    assert found[0] == found[1]
    assert found[0][1]["data"]["test_rows"] == ROWS - 600


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, table: Path, teacher: Path) -> Path:
    """A student of the teacher."""
    path = tmp_path_factory.mktemp("student") / "s.onnx"
    crembo.compress(teacher, table, output=path, label="target", rows=1_000, **FAST)
    return path


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}])
def test_workers_return_totals_and_the_rows_that_are_held(
    student: Path,
    cluster: str,
    table: Path,
    teacher: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    """The same report as without them, and no answers about the other rows."""
    monkeypatch.setattr(limits, "HELD_ROWS", 300)
    monkeypatch.setattr(querying, "FEW_ROWS", 0)
    returned: list[tuple[int, int]] = []
    own = querying.Stream

    def watch(**parts: Any) -> Any:
        return own(**{**parts, "collect": lambda each: count(parts["collect"], each)})

    def count(collect: Callable[[Any], None], found: Any) -> None:
        returned.append((found.rows, found.each["student"].true.sum()))
        collect(found)

    monkeypatch.setattr("crembo_cli.runs.labelling.Stream", watch)
    reports = []
    with blocks_of(rows=500):
        for dask in (None, cluster):
            found = crembo.evaluate(
                student, table, teacher=teacher, label="target", dask=dask, rows="all", **options
            ).report
            reports.append({**json.loads(render_json(found)), "timing": None})
    assert reports[0] == reports[1]
    assert reports[0]["data"]["test_rows"] == ROWS
    assert reports[0]["robustness"]["margin"]["rows"] == 300
    assert len(returned) > 10
    assert sum(rows for rows, _ in returned) == sum(rows for _, rows in returned) == 2 * ROWS


def test_a_small_table_is_read_here_and_the_teacher_queried_there(
    tmp_path: Path, cluster: str, teacher: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its chunks are tasks; the answers are the same."""
    from crembo_cli.teachers.process import on_workers, subprocess_teacher

    asked = []
    ask = on_workers.ask_workers

    def count(engine: Any, model: Any, questions: Any) -> Any:
        for each in ask(engine, model, questions):
            asked.append(len(each[0]))
            yield each

    monkeypatch.setattr(subprocess_teacher, "ask_workers", count)
    frame = pd.concat([pd.read_parquet(table)] * 4)
    frame.to_parquet(tmp_path / "t.parquet")
    there = crembo.score(teacher, tmp_path / "t.parquet", dask=cluster).frame
    assert asked == [8192, 4 * ROWS - 8192]
    pd.testing.assert_frame_equal(there, crembo.score(teacher, tmp_path / "t.parquet").frame)


def test_each_worker_loads_the_teacher_while_the_table_is_read(cluster: str, teacher: Path) -> None:
    """Before it is queried: a process of each worker holds it, until the end of the run."""
    import distributed

    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)
        workers = set(client.run(os.getpid).values())
        with on_workers(cluster), closing(open_teacher(teacher, TeacherOptions())):
            wait_for(lambda: parents_of_teachers() >= workers)
        wait_for(lambda: not parents_of_teachers() & workers)
    assert len(workers) == 2


def wait_for(state: Callable[[], bool]) -> None:
    """Wait half a minute at most."""
    end = time.monotonic() + 30
    while not state():
        assert time.monotonic() < end
        time.sleep(0.05)


def parents_of_teachers() -> set[int]:
    """The processes that have started a process for a teacher."""
    found = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True)
    lines = (each.split(maxsplit=1) for each in found.stdout.splitlines())
    return {int(parent) for parent, command in lines if "crembo_cli.teachers" in command}


def test_workers_of_this_machine_are_started_and_ended(
    tmp_path: Path, table: Path, teacher: Path
) -> None:
    """`local:N` needs no scheduler; no process and no folder is left."""
    with blocks_of(rows=500):
        here = crembo.score(teacher, table).frame
        there = crembo.score(teacher, table, dask="local:2").frame
    pd.testing.assert_frame_equal(here, there)
    assert not local_processes()


def local_processes() -> list[str]:
    """The command lines of processes that `local:N` started."""
    found = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True)
    mine = f"{os.getpid()} "
    return [
        each
        for each in found.stdout.splitlines()
        if "crembo_cli.cluster.local_process" in each and each.strip().startswith(mine)
    ]


def slow_teacher(folder: Path, size: int = 1_024) -> Path:
    """A saved teacher that multiplies matrices of `size`, to no effect: 0.05 s for 100 rows."""
    times = 8
    make, tensor = helper.make_node, onnx.TensorProto.FLOAT
    small = helper.make_tensor("small", tensor, [1], [1e-4])
    large = [make("ConstantOfShape", [name], [f"{name}_"], value=small) for name in "vw"]
    steps = [make("MatMul", ["x" if i == 0 else f"h{i}", "v_" if i == 0 else "w_"], [f"h{i + 1}"])
             for i in range(times)]  # fmt: skip
    last = [
        make("ReduceMean", [f"h{times}", "one"], ["mean"]),
        make("Sub", ["mean", "mean"], ["zero"]),
        make("Slice", ["x", "zeros", "three", "one"], ["own"]),
        make("Add", ["own", "zero"], ["scores"]),
        make("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        [*large, *steps, *last],
        "slow",
        [helper.make_tensor_value_info("x", tensor, ["rows", 4])],
        [helper.make_tensor_value_info("probabilities", tensor, ["rows", 3])],
        [
            numpy_helper.from_array(np.array(values, np.int64), name)
            for name, values in {
                "v": [4, size], "w": [size, size], "one": [1], "zeros": [0], "three": [3]
            }.items()
        ],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    path = folder / "slow.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_a_worker_that_is_killed_has_its_blocks_done_again(tmp_path: Path) -> None:
    """The answer is the same bytes."""
    teacher = slow_teacher(tmp_path)
    (tmp_path / "quick").mkdir()
    quick = slow_teacher(tmp_path / "quick", size=8)
    small_teachers.table(ROWS).to_parquet(tmp_path / "t.parquet", row_group_size=100)
    with blocks_of(rows=100), ExitStack() as stack:
        address = stack.enter_context(scheduler())
        first, _ = (stack.enter_context(worker(address, tmp_path / f"w{i}")) for i in range(2))
        done: list[Path] = []

        def kill() -> None:
            while len(done) < 4:
                done[:] = list(tmp_path.glob(".crembo-*.parts/part-*"))
                time.sleep(0.02)
            first.kill()

        killer = Thread(target=kill)
        killer.start()
        crembo.score(
            teacher,
            tmp_path / "t.parquet",
            drop="target",
            output=f"{tmp_path}/there/",
            dask=address,
        )
        killer.join()
        assert 4 <= len(done) < 25
        crembo.score(quick, tmp_path / "t.parquet", drop="target", output=f"{tmp_path}/here/")
    here, there = (
        {each.name: each.read_bytes() for each in (tmp_path / name).iterdir()}
        for name in ("here", "there")
    )
    assert here == there
    assert len(here) == 30


def test_a_dead_scheduler_is_one_line(crembo: Crembo, teacher: Path, data: Path) -> None:
    """Exit code 2 within seconds, and nothing of what Dask logs."""
    began = time.monotonic()
    done = crembo("score", teacher, data, "--dask", "tcp://127.0.0.1:9", "-o", "out.csv")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "--dask tcp://127.0.0.1:9: no scheduler of Dask answers" in done.err
    assert time.monotonic() - began < 15


def test_a_scheduler_that_dies_in_the_middle_is_one_line(crembo: Crembo, tmp_path: Path) -> None:
    """The old output stays."""
    teacher = slow_teacher(tmp_path)
    small_teachers.table(ROWS).to_parquet(tmp_path / "t.parquet", row_group_size=100)
    (tmp_path / "out.csv").write_text("old")
    with blocks_of(rows=100), ExitStack() as stack:
        alone = stack.enter_context(ExitStack())
        address = alone.enter_context(scheduler())
        stack.enter_context(worker(address, tmp_path / "w"))

        def end() -> None:
            while not any(each.stat().st_size for each in tmp_path.glob(".crembo-*.part")):
                time.sleep(0.02)
            alone.close()

        killer = Thread(target=end)
        killer.start()
        done = crembo("score", teacher, "t.parquet", "-o", "out.csv", "--dask", address)
        killer.join()
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert f"--dask {address}: the connection to the scheduler was lost" in done.err
    assert (tmp_path / "out.csv").read_text() == "old"
    assert not list(tmp_path.glob(".crembo-*"))


def test_an_error_in_a_block_keeps_its_row(tmp_path: Path, cluster: str, teacher: Path) -> None:
    """Of a later block, by the row of the table or the line of the file; of the teacher too."""
    frame = small_teachers.table(ROWS)
    frame["a"] = frame["a"].astype(float)
    frame.loc[2_221, "a"] = np.inf
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=200)
    frame.to_csv(tmp_path / "t.csv", index=False)
    for name, where in (("t.parquet", "row 2222"), ("t.csv", "line 2223")):
        with (
            blocks_of(rows=500, size=9_000),
            pytest.raises(DataError, match=f"{where}, column 'a': infinite value"),
        ):
            crembo.score(
                teacher, tmp_path / name, drop="target", output=f"{tmp_path}/out/", dask=cluster
            )
        assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".crembo-*"))


def test_a_part_that_changes_underneath_is_named(
    tmp_path: Path, cluster: str, teacher: Path
) -> None:
    """The worker that reads it again finds another file."""
    from crembo_cli.cluster.engine import on_workers
    from crembo_cli.dataset.read import read_blocks

    folder = tmp_path / "d"
    folder.mkdir()
    for number in range(4):
        small_teachers.table(100, 4).to_parquet(folder / f"p{number}.parquet", row_group_size=20)
    with blocks_of(rows=40), on_workers(cluster):
        blocks = read_blocks(folder)
        small_teachers.table(90, 4).to_parquet(folder / "p2.parquet")
        with pytest.raises(DataError, match=r"d/p2\.parquet: the file changed while it was read"):
            list(blocks.each(len_of))


def len_of(block: Any) -> int:
    """The rows of a block."""
    return len(block.frame)


def test_a_worker_without_crembo_is_named(tmp_path: Path, teacher: Path, data: Path) -> None:
    """With what to install."""
    packages = tmp_path / "site"
    packages.mkdir()
    for folder in (Path(each) for each in sys.path if each.endswith("-packages")):
        for each in folder.iterdir():
            if "crembo" not in each.name and not (packages / each.name).exists():
                (packages / each.name).symlink_to(each)
    with (
        scheduler() as address,
        worker(address, tmp_path, environment={"PYTHONPATH": str(packages)}, python=("-S", "-P")),
        pytest.raises(
            ClusterError,
            match=r"worker tcp://127.0.0.1:\d+: crembo-cli is not installed; wanted version",
        ),
    ):
        crembo.score(teacher, data, dask=address)


@pytest.mark.parametrize("package", ["crembo_cli", "numpy"])
def test_a_worker_with_another_version_is_named(
    tmp_path: Path, teacher: Path, data: Path, package: str
) -> None:
    """And both versions are."""
    from importlib.metadata import version

    name = package.replace("_", "-")
    described = tmp_path / "site" / f"{package}-0.0.9.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.9\n")
    found = rf"worker tcp://\S+: another version of {name}; found 0.0.9; wanted {version(name)}"
    with (
        scheduler() as address,
        worker(address, tmp_path, environment={"PYTHONPATH": str(described.parent)}),
        pytest.raises(ClusterError, match=found),
    ):
        crembo.score(teacher, data, dask=address)


@pytest.mark.parametrize(
    ("teacher_", "data_", "message"),
    [
        ("beliefs", "data", "a table of class probabilities is looked up, not queried"),
        ("teacher", "s3://bucket/t.parquet", "a table at an address is copied to this machine"),
    ],
)
def test_what_one_process_alone_can_read_or_query_is_refused(
    request: pytest.FixtureRequest, cluster: str, teacher_: object, data_: object, message: str
) -> None:
    """In one line."""
    given = [
        request.getfixturevalue(str(each)) if each in ("teacher", "data", "beliefs") else each
        for each in (teacher_, data_)
    ]
    with pytest.raises(UsageError, match=message):
        crembo.score(*given, dask=cluster)


def test_large_text_that_is_compressed_is_refused(
    tmp_path: Path, cluster: str, teacher: Path
) -> None:
    """It can be read from its start only; a small one is read here."""
    path = tmp_path / "t.csv.gz"
    small_teachers.table(ROWS).to_csv(path, index=False)
    with blocks_of(size=9_000), pytest.raises(UsageError, match="write it as plain UTF-8"):
        crembo.score(teacher, path, dask=cluster)
    assert crembo.score(teacher, path, dask=cluster).info["rows"] == ROWS


def test_a_part_that_a_worker_does_not_find_is_named(
    tmp_path: Path, cluster: str, teacher: Path
) -> None:
    """With the worker: it may be another machine."""
    from crembo_cli.cluster.engine import on_workers
    from crembo_cli.dataset.read import read_blocks

    folder = tmp_path / "d"
    folder.mkdir()
    for number in range(4):
        small_teachers.table(100, 4).to_parquet(folder / f"p{number}.parquet", row_group_size=20)
    with blocks_of(rows=40), on_workers(cluster):
        blocks = read_blocks(folder)
        (folder / "p2.parquet").unlink()
        with pytest.raises(
            ClusterError, match=r"d/p2\.parquet: cannot read.*on worker tcp://.*same path"
        ):
            list(blocks.each(len_of))


def test_interrupting_leaves_no_worker_and_no_output(tmp_path: Path) -> None:
    """Ctrl-C ends with 130; so do the workers of `local:N`."""
    teacher = slow_teacher(tmp_path)
    small_teachers.table(ROWS).to_parquet(tmp_path / "t.parquet", row_group_size=100)
    arguments = ["score", str(teacher), "t.parquet", "-o", "out/", "--dask", "local:2"]
    code = (
        "from tests.dataset.test_blocks import blocks_of\n"
        "from crembo_cli.commands.app import main\n"
        "with blocks_of(rows=100):\n"
        f"    raise SystemExit(main({arguments!r}))\n"
    )
    root = Path(__file__).parents[2]
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509  # it may be ignored where the tests run
            signal.SIGINT, signal.SIG_DFL
        ),
    )
    end = time.monotonic() + 60
    while not list(tmp_path.glob(".crembo-*.parts/part-*")):
        assert running.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err == "crembo: interrupted; no output is half written\n"
    assert {each.name for each in tmp_path.iterdir()} == {"slow.onnx", "t.parquet"}
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert str(tmp_path) not in left.stdout


def test_a_teacher_that_fails_on_a_worker_is_named(tmp_path: Path, cluster: str) -> None:
    """A damaged file is found here, before it is sent."""
    (tmp_path / "bad.pkl").write_bytes(b"\x80\x05no")
    small_teachers.table(ROWS).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(TeacherError, match=r"bad\.pkl"):
        crembo.score(tmp_path / "bad.pkl", tmp_path / "t.parquet", dask=cluster)


def test_a_run_leaves_nothing_on_the_workers(
    tmp_path: Path, cluster: str, table: Path, teacher: Path
) -> None:
    """The teacher's file and process end with the run."""
    assert shutil.which("ps")
    with blocks_of(rows=500):
        crembo.score(teacher, table, dask=cluster)
    import distributed

    with distributed.Client(cluster, set_as_default=False) as client:
        folders = client.run(lambda dask_worker: dask_worker.local_directory)
    assert len(folders) == 2
    for folder in folders.values():
        assert not list(Path(folder).glob("crembo-*"))
    assert pq.ParquetFile(table).num_row_groups == ROWS // 200
