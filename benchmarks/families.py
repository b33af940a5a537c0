"""How near each family comes to its teacher: loss, agreement, depth, bytes, seconds.

The tables, folds and teachers are those of quality.py; every family of a fold sees the same rows,
and its path and choice are those of `crembo compress`. The last two lines are what a user gets
who asks for the best within 64 kB, chosen on validation rows that nothing was fitted on.

    python benchmarks/families.py --quick
    python benchmarks/families.py --data-dir FOLDER --cache FOLDER --out benchmarks
    python benchmarks/families.py --speed        seconds of a fit on 20,000 x 50 with 10 classes
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from family_results import write_families
from quality import HOLD_OUT, agreement, deal, score_labels
from speed import large_table
from students import Job
from tables import QUICK, Table, tables
from teachers import Floats, Labels, Teacher
from threadpoolctl import threadpool_limits

from crembo_cli.core.beliefs import depth_by_row
from crembo_cli.core.pareto import smallest_within_errors
from crembo_cli.dataset.encode import learn_encoding
from crembo_cli.dataset.labelled import split_rows
from crembo_cli.evaluation.scores import kl_by_row
from crembo_cli.search.student import Search, TrainingRows, find_student
from crembo_cli.student_file.build import build_model, model_bytes
from crembo_cli.student_file.signature import signature_of
from crembo_cli.students.boosted.family import BoostedFamily
from crembo_cli.students.contract import Family, Student
from crembo_cli.students.oblique.family import ObliqueFamily
from crembo_cli.students.rules.family import RulesFamily
from crembo_cli.students.scored.additive import AdditiveFamily
from crembo_cli.students.scored.linear import LinearFamily
from crembo_cli.students.scored.mlp import MlpFamily
from crembo_cli.students.tree.family import TreeFamily

BUDGET = 64_000  # bytes, of what is chosen on validation rows
BEST, SMALLEST = "best in 64 kB", "smallest in 1 s.e."
CHOSEN_AMONG = ("tree d4", "tree 16 leaves", "oblique", "rules", "linear", "additive", "boosted",
                "mlp")  # fmt: skip
FAMILIES: dict[str, Callable[[], Family]] = {
    "tree d4": lambda: TreeFamily(max_depth=4),
    "tree 16 leaves": lambda: TreeFamily(max_leaves=16, max_depth=8),
    "oblique": lambda: ObliqueFamily(max_depth=4, max_features=5),
    "rules": RulesFamily,
    "linear": LinearFamily,
    "additive": AdditiveFamily,
    "additive 10 pairs": lambda: AdditiveFamily(pairs=10),
    "additive 6": lambda: AdditiveFamily(knots=6),
    "additive 12": lambda: AdditiveFamily(knots=12),
    "boosted": BoostedFamily,
    "mlp": MlpFamily,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="3 tables, 3 folds")
    parser.add_argument("--data-dir", type=Path, help="folder with heart_cleveland.csv, ...")
    parser.add_argument("--cache", type=Path, help="keep teachers and their beliefs here")
    parser.add_argument("--out", type=Path, help="write FAMILIES.md, families.csv here")
    parser.add_argument("--tables", nargs="+")
    parser.add_argument("--teachers", nargs="+", default=["forest_votes", "net"])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one a repeat")
    parser.add_argument("--speed", action="store_true", help="measure the seconds of a fit alone")
    asked = parser.parse_args()
    if asked.speed:
        print("\n".join(f"{name}: {seconds:.1f} s" for name, seconds in speeds(asked.families)))
        return
    if asked.quick:
        asked.tables, asked.folds = asked.tables or QUICK, 3
    if asked.cache is not None:
        asked.cache.mkdir(parents=True, exist_ok=True)
    found: list[dict[str, object]] = []
    for name, table in tables(asked.data_dir, asked.tables and tuple(asked.tables)):
        for seed, teacher in itertools.product(asked.seeds, asked.teachers):
            began = perf_counter()
            for row in measure(table, teacher, asked.families, asked.folds, seed, asked.cache):
                found.append({"table": name, "teacher": teacher, "seed": seed, **row})
            print(f"{name}, {teacher}, seed {seed}: {perf_counter() - began:.1f} s", flush=True)
    took = [] if asked.quick else list(speeds(asked.families))
    protocol = f"{asked.folds} folds, seeds {asked.seeds}"
    write_families(pd.DataFrame(found), protocol, took, asked.out)


def measure(
    table: Table, teacher: str, names: list[str], folds: int, seed: int, cache: Path | None
) -> Iterator[dict[str, object]]:
    """One row a family, and one for each way to choose among them, averaged over the folds."""
    rows, labels = table
    split = split_rows(labels, test_share=HOLD_OUT, validation_share=0, seed=seed)
    fold_of = deal(labels[split.train], folds, np.random.default_rng(seed))
    figures: dict[str, list[dict[str, float]]] = {}
    predicted: dict[str, list[Labels]] = {}
    chosen: dict[str, list[str]] = {}
    for fold in range(folds):
        train, test = split.train[fold_of != fold], split.train[fold_of == fold]
        asked = Teacher(teacher, rows[train], labels[train], int(labels.max()) + 1, seed, cache)
        job = Job(rows=rows[train], labels=labels[train], teacher=asked, max_depth=4, seed=seed)
        beliefs = asked.beliefs(rows[test])
        taught = score_labels(beliefs.argmax(axis=1), labels[test], beliefs)
        figures.setdefault("teacher", []).append(taught)
        predicted.setdefault("teacher", []).append(asked.beliefs(rows[split.test]).argmax(axis=1))
        made = {name: make(job, FAMILIES[name]()) for name in names}
        for how, name in choices(made):
            made[how] = made[name]
            chosen.setdefault(how, []).append(name)
        for name, one in made.items():
            judged = score_labels(one.student.predict(rows[test]), labels[test], beliefs)
            figures.setdefault(name, []).append(judged | one.costs)
            predicted.setdefault(name, []).append(one.student.predict(rows[split.test]))
    for name, each in figures.items():
        yield {
            "family": name,
            **pd.DataFrame(each).mean(),
            "agreement": agreement(predicted[name]),
            "chosen": json.dumps(chosen.get(name)),
        }


@dataclass(frozen=True, kw_only=True)
class Made:
    """A student, what it costs, and what it is worth on validation rows."""

    student: Student
    costs: dict[str, float]
    validation: Floats  # (m,) the belief in what it predicts, on validation rows
    divergence: Floats  # (m,) of its probabilities from the teacher's there


def make(job: Job, family: Family) -> Made:
    """The student that `crembo compress` would find."""
    train, validation = job.parts
    began = perf_counter()
    student = find_student(train, validation, family, Search(seed=job.seed)).student
    costs = {"seconds": perf_counter() - began, "bytes": float(exported(student, job, family))}
    sizes = {name: float(size) for name, size in student.size().items()}
    predicted = student.predict(validation.rows)
    return Made(
        student=student,
        costs=costs | sizes,
        validation=depth_by_row(validation.beliefs, predicted),
        divergence=kl_by_row(validation.beliefs, student.predict_proba(validation.rows)),
    )


def exported(student: Student, job: Job, family: Family) -> int:
    """The bytes of its ONNX, with what it says of itself but for the test metrics."""
    frame = pd.DataFrame(job.rows, columns=[f"x{j}" for j in range(job.rows.shape[1])])
    encoding = learn_encoding(frame, job.beliefs)
    classes = tuple(range(job.beliefs.shape[1]))
    options: dict[str, Any] = asdict(family)  # type: ignore[call-overload]  # a dataclass
    told = {"options": options, "features": [asdict(each) for each in encoding.features]}
    metadata = {f"crembo.{key}": json.dumps(value) for key, value in told.items()}
    model = build_model(student, signature_of((), encoding), classes, metadata, "0")
    return len(model_bytes(model))


def choices(made: dict[str, Made]) -> list[tuple[str, str]]:
    """The families chosen on validation rows: the best, and what `--student auto` keeps."""
    small = [name for name in CHOSEN_AMONG if name in made and made[name].costs["bytes"] <= BUDGET]
    if len(small) < 2:
        return []
    best = max(small, key=lambda name: float(made[name].validation.mean()))
    criteria = [
        (
            [float(values(made[name]).mean()) for name in small],
            [float(values(made[name]).std() / len(made[name].validation) ** 0.5) for name in small],
        )
        for values in (lambda each: each.validation, lambda each: -each.divergence)
    ]
    sizes = [int(made[name].costs["bytes"]) for name in small]
    return [(BEST, best), (SMALLEST, small[smallest_within_errors(sizes, criteria)])]


def speeds(names: list[str]) -> Iterator[tuple[str, float]]:
    """Seconds of each family's whole search on 20,000 rows of 50 features and 10 classes."""
    rows, beliefs = large_table(22_000)
    parts = [
        TrainingRows(rows=rows[some], beliefs=beliefs[some], y_true=None, real=len(rows[some]))
        for some in (slice(20_000), slice(20_000, None))
    ]
    for name in names:
        began = perf_counter()
        find_student(*parts, FAMILIES[name](), Search())
        yield name, perf_counter() - began


if __name__ == "__main__":
    # A net this small trains many times faster without threads that wait for each other.
    with threadpool_limits(1):
        main()
