"""How large: compress, score and evaluate against reading and scoring all rows with pyarrow and
onnxruntime on all cores; peak memory; what more rows bring; a teacher's processes, and the workers
of Dask, side by side.

Prints ratios of things that ran one after the other on this machine. Run it alone:

    python benchmarks/scale.py [--sizes 1000000 10000000] [--folder FOLDER] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

FEATURES, GROUP, PART = 20, 100_000, 1_000_000  # rows of a row group, and of a part
TREES, LEAVES = 100, 1_000
CREMBO = [sys.executable, "-m", "crembo_cli"]
WANTED_MEMORY = {1_000_000: ", 0.7 GB", 10_000_000: ", 0.9 GB", 100_000_000: ", 1.5 GB"}


def rows_of(group: int, count: int = GROUP) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a row group and their labels, by its number."""
    rng = np.random.default_rng([0, group])
    rows = rng.standard_normal((count, FEATURES), dtype=np.float32)
    score = rows[:, 0] + rows[:, 1] * rows[:, 2] + np.abs(rows[:, 3]) - 0.8 + rows[:, 4] / 2
    return rows, (score + rng.standard_normal(count) / 2 > 0).astype(np.int64)


def make_table(folder: Path, rows: int) -> Path:
    """A folder of parts with so many rows, unless it is there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"{rows}"
    path.mkdir(exist_ok=True)
    for start in range(0, rows, PART):
        part = path / f"part-{start // PART:04}.parquet"
        if part.exists():
            continue
        groups = range(start // GROUP, min(start + PART, rows) // GROUP)
        tables = []
        for group in groups:
            cells, labels = rows_of(group)
            columns = {f"x{j}": cells[:, j] for j in range(FEATURES)}
            tables.append(pa.table({**columns, "target": labels}))
        pq.write_table(pa.concat_tables(tables), folder / "writing", row_group_size=GROUP)
        (folder / "writing").rename(part)
    return path


def make_teachers(folder: Path) -> dict[str, Path]:
    """A forest in ONNX and as a pickle that uses one thread, and a LightGBM model."""
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    paths = {
        "ONNX": folder / "forest.onnx",
        "scikit-learn": folder / "forest.pkl",
        "LightGBM": folder / "boosted.pkl",
    }
    if all(path.exists() for path in paths.values()):
        return paths
    from lightgbm import LGBMClassifier

    rows, labels = rows_of(1_000_000, 20_000)
    forest = RandomForestClassifier(TREES, max_leaf_nodes=LEAVES, random_state=0, n_jobs=-1)
    forest.fit(rows, labels)
    forest.n_jobs = None
    model = to_onnx(forest, rows[:1], options={"zipmap": False}, target_opset=18)
    paths["ONNX"].write_bytes(model.SerializeToString())
    paths["scikit-learn"].write_bytes(pickle.dumps(forest))
    boosted = LGBMClassifier(n_estimators=TREES, random_state=0, verbose=-1).fit(rows, labels)
    paths["LightGBM"].write_bytes(pickle.dumps(boosted))
    return paths


def read_and_score(teacher: Path, table: Path) -> None:
    """The script that everything is compared with: pyarrow and onnxruntime, on all cores."""
    import onnxruntime
    import pyarrow.parquet as pq

    session = onnxruntime.InferenceSession(str(teacher), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for part in sorted(table.iterdir()):
        with pq.ParquetFile(part) as stored:
            for batch in stored.iter_batches(GROUP):
                cells = [batch.column(j).to_numpy() for j in range(FEATURES)]
                session.run(None, {name: np.column_stack(cells)})


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    seconds: float
    gigabytes: float  # at its peak, without its children
    answer: str


def run(*command: str | Path) -> Cost:
    """Run a program to its end; stop where it fails."""
    began = perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([str(each) for each in command], stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        seconds = perf_counter() - began
        if status:
            sys.exit(f"failed: {process.args}")
        out.seek(0)
        return Cost(seconds, used.ru_maxrss / 1e6, out.read())


def show(name: str, cost: Cost, base: Cost | None = None, wanted: str = "") -> None:
    """Print a line."""
    ratio = "" if base is None else f"{cost.seconds / base.seconds:6.2f}"
    print(f"  {name:34} {cost.seconds:8.1f} s {ratio:>6}  {cost.gigabytes:5.2f} GB  {wanted}")


def scale(folder: Path, sizes: list[int]) -> None:
    """Each run against reading and scoring all rows, and how both grow with the rows."""
    teacher = make_teachers(folder)["ONNX"]
    costs: dict[tuple[str, int], Cost] = {}
    student = folder / "student.onnx"
    compress = [*CREMBO, "compress", teacher, "-q", "--quick-report", "-o", student]
    for rows in sizes:
        table = make_table(folder, rows)
        print(f"  {rows:,} rows: seconds, ratio to reading and scoring, peak memory")
        runs: dict[str, tuple[list[str | Path], str]] = {
            "read": ([sys.executable, __file__, "--read", teacher, table], ""),
            "compress": ([*compress, table], f"wanted 0.4{WANTED_MEMORY.get(rows, '')}"),
            "score": ([*CREMBO, "score", teacher, table, "-q", "-o", folder / "s.parquet"], ""),
            "evaluate -t": (
                [*CREMBO, "evaluate", student, table, "-t", teacher, "-q"],
                "wanted 1.1",
            ),
            "evaluate -t --rows all": (
                [*CREMBO, "evaluate", student, table, "-t", teacher, "-q", "--rows", "all"],
                "",
            ),
        }
        if rows <= 10 * PART:
            runs["compress --rows all"] = ([*compress, table, "--rows", "all"], "wanted 1.15")
        for name, (command, wanted) in runs.items():
            costs[name, rows] = run(*command)
            show(name, costs[name, rows], costs["read", rows], wanted)
    for few, many in pairwise(sizes):
        for name in ("read", "compress", "score", "evaluate -t"):
            ratio = costs[name, many].seconds / costs[name, few].seconds
            power = math.log(ratio) / math.log(many / few)
            print(f"  {name}: time grows as rows ** {power:.2f} from {few:,} to {many:,}")


def more_rows(folder: Path, sizes: list[int]) -> None:
    """What more rows bring: a table of a million, of which so many are queried."""
    table, teacher = make_table(folder, PART), make_teachers(folder)["ONNX"]
    del sizes
    print(f"  {'rows':>9} {'seconds':>8} {'accuracy':>9} {'fidelity':>9} {'agreement':>9}")
    for rows in (62_500, 250_000, 1_000_000):  # of which four fifths are fitted and validated on
        for leaves in ("16", "64"):
            cost = run(
                *CREMBO, "compress", teacher, table, "--rows", str(rows), "--json", "--max-leaves",
                leaves, "-o", folder / "student.onnx",
            )  # fmt: skip
            report = json.loads(cost.answer)
            student = report["metrics"]["student"]
            agreement = report["robustness"]["agreement"]["student"]
            print(
                f"  {rows:9,} {cost.seconds:8.1f} {student['accuracy']:9.4f} "
                f"{student['fidelity']:9.4f} {agreement:9.4f}  {leaves} leaves"
            )


def jobs(folder: Path, sizes: list[int]) -> None:
    """Score with one and with two threads, or processes of a teacher that uses one thread."""
    for rows in sizes:
        table = make_table(folder, rows)
        for name, path in make_teachers(folder).items():
            score = [*CREMBO, "score", path, table, "-q", "-o", folder / "s.parquet", "--jobs"]
            one, two = run(*score, "1"), run(*score, "2")
            wanted = "wanted 1.7" if name == "scikit-learn" else ""
            print(
                f"  {rows:,} rows, {name:12} {one.seconds:7.1f} s with one, "
                f"{two.seconds:7.1f} s with two: {one.seconds / two.seconds:.2f} times  {wanted}"
            )


def slow_case(folder: Path, times: int, rows: int, group: int) -> tuple[Path, Path]:
    """A forest of so many times the trees, and a table with row groups of `group` rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    forest = pickle.loads(make_teachers(folder)["scikit-learn"].read_bytes())
    forest.estimators_ = times * forest.estimators_
    teacher, table = folder / f"slow-{times}.pkl", folder / f"{rows}-by-{group}.parquet"
    teacher.write_bytes(pickle.dumps(forest))
    if not table.exists():
        parts = [pq.read_table(part) for part in sorted(make_table(folder, PART).iterdir())]
        whole = pa.concat_tables(max(1, rows // PART) * parts).slice(0, rows)
        pq.write_table(whole, table, row_group_size=group)
    return teacher, table


def dask(folder: Path, sizes: list[int]) -> None:
    """Score with slow teachers on one and on two Dask workers of one thread.

    A forest of 9,000 trees takes about a millisecond a row, one of 500 trees 55 microseconds.
    What is not shared is a start, a first block and the last requests.
    """
    del sizes
    for times, rows, group in ((90, 200_000, 2_500), (5, 3 * PART, GROUP)):
        dask_workers(folder, *slow_case(folder, times, rows, group))


def dask_workers(folder: Path, teacher: Path, table: Path) -> None:
    """Score the table on one and on two workers."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address, alone = f"tcp://127.0.0.1:{port}", ["--host", "127.0.0.1", "--no-dashboard"]
    score = [*CREMBO, "score", teacher, table, "-q", "--dask", address, "-o"]
    module, quiet = [sys.executable, "-m"], subprocess.DEVNULL
    started = [[*module, "distributed.cli.dask_scheduler", *alone, "--port", str(port)]]
    worker = [*module, "distributed.cli.dask_worker", address, *alone, "--nthreads", "1"]
    processes, costs = [], []
    try:
        for _ in range(2):
            started.append([*worker, "--no-nanny", "--local-directory", str(folder)])
            for command in started:
                processes.append(subprocess.Popen(command, stdout=quiet, stderr=quiet))
                sleep(5)
            started.clear()
            with tempfile.TemporaryDirectory(dir=folder) as scores:
                costs.append(run(*score, f"{scores}/"))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    one, two = costs
    print(
        f"  {teacher.name}: {one.seconds:7.1f} s with one, {two.seconds:7.1f} s with two: "
        f"{one.seconds / two.seconds:.2f} times  wanted 1.8"
    )


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[PART], metavar="ROWS")
    parser.add_argument("--folder", type=Path, help="keep the tables here: 120 MB a million rows")
    parser.add_argument("--only", nargs="+", choices=["scale", "more_rows", "jobs", "dask"])
    parser.add_argument("--read", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        read_and_score(*asked.read)
        return
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores")
    parts: dict[str, Callable[[Path, list[int]], None]] = {
        "scale": scale,
        "more_rows": more_rows,
        "jobs": jobs,
        "dask": dask,
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name, part in parts.items():
            if not asked.only or name in asked.only:
                print(f"{name}: {part.__doc__}")
                part(folder, asked.sizes)


if __name__ == "__main__":
    main()
