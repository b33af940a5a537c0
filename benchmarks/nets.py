"""How good: small convolutional nets of larger ones, by every way to train them.

Each split of a table holds 30 % of its rows out; on the others a teacher is trained, and asked
once about those rows and about images drawn from them. Each seed fits a student on its own 85 %
of those rows and chooses by the rest, with and without the drawn images. All methods train the
same net for as many steps on the same answers; CREMBO does so for each of its thresholds. KD's
temperature and label share are those with the best validation accuracy of the first two seeds.

    pip install -e '.[bench,torch]'
    python benchmarks/nets.py --prepare FOLDER
    python benchmarks/nets.py --data FOLDER --csv benchmarks/nets.csv --jobs 2
    python benchmarks/nets.py --data FOLDER --csv benchmarks/nets.csv --resnet --device cuda
    python benchmarks/nets.py --csv benchmarks/nets.csv --report

Rows are appended to the CSV when a method has all its seeds; what it has is not run again.
"""

from __future__ import annotations

import argparse
import csv
import heapq
import itertools
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

import net_methods
import net_tables
import net_teachers
import numpy as np
import torch

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth, mean_belief
from crembo_cli.students.nets.training import TrainingSettings

STEPS = {"digits": 1500, "mnist": 1500, "mnist1d": 2500, "cifar10": 8000}
# As the family cnn.
BATCH, RATE = 64, 0.025
WIDTH, DEPTH = 16, 4
TUNED = "kd, tuned"
METHODS = (TUNED, *net_methods.PLAIN)  # in the order in which they run
CHOOSING = 2  # seeds by which KD's temperature and label share are chosen

Cell = tuple[str, str, int]  # table, teacher, split
Row = dict[str, Any]


@dataclass(frozen=True, order=True)
class Fit:
    """One student to train."""

    priority: int
    cell: Cell
    method: str
    augmented: bool
    variant: str  # of KD, else ""
    seed: int


@dataclass
class Group:
    """One method on one split, with or without drawn images: the results of its seeds."""

    choosing: dict[tuple[str, int], tuple[Row, net_methods.Indices]] = field(default_factory=dict)
    found: dict[int, tuple[Row, net_methods.Indices]] = field(default_factory=dict)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepare", type=Path, metavar="FOLDER", help="write the tables here")
    parser.add_argument("--data-dir", type=Path, help="folder of CIFAR-10's Python version")
    parser.add_argument("--data", type=Path, help="folder that --prepare wrote")
    parser.add_argument(
        "--tables", nargs="+", choices=STEPS, default=["mnist", "mnist1d", "digits"]
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--device", default="cpu", help="of the students")
    parser.add_argument("--teacher-device", help="of the teachers (default: CUDA if it is there)")
    parser.add_argument("--resnet", action="store_true", help="ResNet-18 as teacher, on mnist")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--csv", type=Path, default=Path("nets.csv"))
    parser.add_argument("--report", action="store_true", help="write NETS.md beside the CSV")
    asked = parser.parse_args()
    if asked.prepare is not None:
        net_tables.prepare(asked.prepare, asked.data_dir)
    if asked.data is not None:
        run(asked)
    if asked.report:
        from net_results import write_report

        write_report(asked.csv)


def run(asked: argparse.Namespace) -> None:
    """Train teachers, then students, and append their figures to the CSV."""
    os.environ["OMP_NUM_THREADS"] = "1"  # in every process that is started
    began = perf_counter()
    seeds = list(asked.seeds)
    fits = list(_fits(asked, _done(asked.csv)))
    waiting: list[Fit] = []
    groups: dict[tuple[Cell, str, bool], Group] = {}
    running: dict[Future[Any], Any] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        ProcessPoolExecutor(asked.jobs, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        folder = Path(name)
        for cell in dict.fromkeys(fit.cell for fit in fits):
            running[pool.submit(teach, asked.data, cell, _teacher_device(asked), folder)] = cell
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                what = running.pop(future)
                if not isinstance(what, Fit):
                    waiting += [fit for fit in fits if fit.cell == what]
                    heapq.heapify(waiting)
                    print(f"{what}: teacher {future.result():.4f}", flush=True)
                    continue
                key = what.cell, what.method, what.augmented
                group = groups.setdefault(key, Group())
                for fit in _take(group, what, future.result(), seeds):
                    heapq.heappush(waiting, fit)
                if len(group.found) == len(seeds):
                    _append(asked.csv, _with_agreement(group, seeds))
                    print(f"{key}: {perf_counter() - began:.0f} s", flush=True)
            while waiting and len(running) < asked.jobs:
                fit = heapq.heappop(waiting)
                running[pool.submit(measure, fit, asked.device, folder)] = fit


def teach(data: Path, cell: Cell, device: str, folder: Path) -> float:
    """Train the teacher of one split, and keep its answers in `folder`; its accuracy."""
    table, teacher, split = cell
    dealt = net_tables.deal(data, table, split)
    answered, accuracy = net_teachers.answer(dealt, teacher, split, device)
    net_tables.save_cell(answered, _cell_path(folder, cell))
    return accuracy


def measure(fit: Fit, device: str, folder: Path) -> tuple[Row, net_methods.Indices]:
    """The figures of one student, and what it predicts for the test rows."""
    cell = _load_cell(_cell_path(folder, fit.cell))
    table, teacher, split = fit.cell
    steps = STEPS[table]
    job = net_methods.job(
        cell,
        augmented=fit.augmented,
        width=WIDTH,
        depth=DEPTH,
        settings=TrainingSettings(steps=steps, batch=BATCH, learning_rate=RATE),
        seed=fit.seed,
        device=device,
    )
    began = perf_counter()
    train = net_methods.VARIANTS[fit.variant] if fit.variant else net_methods.PLAIN[fit.method]
    trained = train(job)
    seconds = perf_counter() - began

    def label(images: net_methods.Floats) -> net_methods.Indices:
        return net_methods.predict(trained.module, images, device)

    test, held = label(cell.test), label(job.held)
    depths = depth_by_row(cell.test_beliefs, test)
    row = {
        "table": table,
        "teacher": teacher,
        "split": split,
        "method": fit.method,
        "augmented": int(fit.augmented),
        "seed": fit.seed,
        "accuracy": np.mean(test == cell.test_labels),
        "fidelity": np.mean(test == cell.test_beliefs.argmax(axis=1)),
        "depth 1%": insensitive_depth(depths, 0.01),
        "depth 5%": insensitive_depth(depths, 0.05),
        "mean belief": mean_belief(depths),
        "noise": np.mean(label(cell.noisy) == cell.test_labels),
        "shift": np.mean(label(cell.shifted) == cell.test_labels),
        "validation accuracy": np.mean(held == job.held_hot.argmax(axis=1)),
        "teacher accuracy": np.mean(cell.test_beliefs.argmax(axis=1) == cell.test_labels),
        "one-hot": trained.one_hot,
        "variant": fit.variant,
        "steps": steps * trained.runs,
        "seconds": seconds,
        "device": _device_name(device),
        "torch": torch.__version__,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "bytes": net_methods.graph_bytes(trained.module, cell.rows),
    }
    return row, test


def _fits(asked: argparse.Namespace, done: set[tuple[str, ...]]) -> Iterator[Fit]:
    """All students to train at first; KD's further seeds follow when its choice is made."""
    tables = ["mnist"] if asked.resnet else asked.tables
    teacher = "resnet18" if asked.resnet else "cnn"
    for priority, method in enumerate(METHODS):
        if method not in asked.methods:
            continue
        for table, split, augmented in itertools.product(tables, asked.splits, (True, False)):
            if (table, teacher, str(split), method, str(int(augmented))) in done:
                continue
            variants = net_methods.VARIANTS if method == TUNED else ("",)
            seeds = asked.seeds[:CHOOSING] if method == TUNED else asked.seeds
            for seed, variant in itertools.product(seeds, variants):
                yield Fit(priority, (table, teacher, split), method, augmented, variant, seed)


def _take(
    group: Group, fit: Fit, result: tuple[Row, net_methods.Indices], seeds: list[int]
) -> list[Fit]:
    """Add a result to its group; the fits that follow from it."""
    first = seeds[:CHOOSING]
    if fit.method != TUNED or fit.seed not in first:
        group.found[fit.seed] = result
        return []
    group.choosing[fit.variant, fit.seed] = result
    if len(group.choosing) < len(net_methods.VARIANTS) * len(first):
        return []
    right = {
        variant: np.mean([group.choosing[variant, s][0]["validation accuracy"] for s in first])
        for variant in net_methods.VARIANTS
    }
    best = max(right, key=lambda variant: right[variant])
    group.found |= {seed: group.choosing[best, seed] for seed in first}
    return [
        Fit(fit.priority, fit.cell, fit.method, fit.augmented, best, seed)
        for seed in seeds[CHOOSING:]
    ]


def _with_agreement(group: Group, seeds: list[int]) -> list[Row]:
    """The rows of all seeds, each with the mean share of test rows where it and another agree."""
    rows = []
    for seed in seeds:
        row, predicted = group.found[seed]
        others = [group.found[other][1] for other in seeds if other != seed]
        agreement = np.mean([np.mean(predicted == each) for each in others]) if others else np.nan
        rows.append(row | {"agreement": agreement})
    return rows


@lru_cache(maxsize=2)
def _load_cell(path: Path) -> net_tables.Cell:
    return net_tables.load_cell(path)


def _cell_path(folder: Path, cell: Cell) -> Path:
    return folder / f"{'-'.join(map(str, cell))}.npz"


def _teacher_device(asked: argparse.Namespace) -> str:
    return asked.teacher_device or ("cuda" if torch.cuda.is_available() else "cpu")


def _device_name(device: str) -> str:
    return device if device == "cpu" else str(torch.cuda.get_device_name())


def _done(path: Path) -> set[tuple[str, ...]]:
    """What the CSV has: table, teacher, split, method, with drawn images or not."""
    if not path.exists():
        return set()
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["table"], row["teacher"], row["split"], row["method"], row["augmented"])
            for row in csv.DictReader(file)
        }


def _append(path: Path, rows: list[Row]) -> None:
    """Add `rows` to the CSV."""
    names = list(rows[0])
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            names = next(csv.reader(file))
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        if is_new:
            writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.5f}" if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main()
