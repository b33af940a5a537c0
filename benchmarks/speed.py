"""How fast: the path against one CART, and the authors' loop; start-up; a small run; margins.

Prints ratios of things that ran side by side on this machine. Run it alone:

    python benchmarks/speed.py [--data-dir FOLDER] [--rows 1000000] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_models"
FEATURES, CLASSES, TREE_DEPTH = 50, 10, 5
CREMBO = [sys.executable, "-m", "crembo_cli"]


def large_table(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n rows of 50 features, and a teacher's beliefs in 10 classes: float32, seeded."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((n, FEATURES), dtype=np.float32)
    weights = rng.standard_normal((FEATURES, CLASSES)).astype(np.float32)
    scores = 0.3 * (rows @ weights + 2 * np.abs(rows[:, :CLASSES]))
    beliefs = np.exp(scores - scores.max(axis=1, keepdims=True))
    return rows, beliefs / beliefs.sum(axis=1, keepdims=True)


def run_cart(n: int) -> None:
    """One CART on the teacher's labels; prints seconds and peak memory."""
    from sklearn.tree import DecisionTreeClassifier

    rows, beliefs = large_table(n)
    labels = beliefs.argmax(axis=1)
    began = perf_counter()
    DecisionTreeClassifier(max_depth=TREE_DEPTH, random_state=0).fit(rows, labels)
    _print_cost(perf_counter() - began)


def run_path(n: int) -> None:
    """Binning, the 33-step path, the choice and the polish; prints seconds and peak memory."""
    from crembo_cli.search.student import Search, TrainingRows, find_student
    from crembo_cli.students.tree.family import TreeFamily

    family, search = TreeFamily(max_depth=TREE_DEPTH), Search(threads=2)
    small_rows, small_beliefs = large_table(1_000)
    # Compiles or loads the kernels, which a run pays for once on a machine.
    small = TrainingRows(rows=small_rows, beliefs=small_beliefs, y_true=None, real=1_000)
    find_student(small, small, family, search)
    rows, beliefs = large_table(n)
    validation = n // 50
    train = TrainingRows(
        rows=rows[validation:], beliefs=beliefs[validation:], y_true=None, real=n - validation
    )
    kept = TrainingRows(
        rows=rows[:validation], beliefs=beliefs[:validation], y_true=None, real=validation
    )
    began = perf_counter()
    found = find_student(train, kept, family, search)
    seconds = perf_counter() - began
    print(f"  path of {len(found.steps)} steps on {found.path_rows:,} rows", file=sys.stderr)
    _print_cost(seconds)


def _print_cost(seconds: float) -> None:
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def large(n: int) -> None:
    """The whole path against one CART on the same rows, each in a process of its own."""
    costs = {}
    for name in ("cart", "path"):
        answer = subprocess.run(
            [sys.executable, __file__, "--part", name, "--rows", str(n)],
            check=True,
            capture_output=True,
            text=True,
        )
        sys.stderr.write(answer.stderr)
        seconds, gigabytes = map(float, answer.stdout.split())
        costs[name] = seconds
        print(f"  {name:6} {seconds:8.1f} s   peak {gigabytes:.2f} GiB (the table included)")
    print(f"  the path takes {costs['path'] / costs['cart']:.2f} of one CART (wanted: <= 1)")


def loop(folder: Path | None) -> None:
    """The authors' loop against our path on equal rows, for a forest and for a net."""
    from reference import reference_loop
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from tables import paper_tables

    from crembo_cli.search.student import Search, TrainingRows, find_student
    from crembo_cli.students.tree.family import TreeFamily

    warnings.simplefilter("ignore", ConvergenceWarning)  # a teacher need not have converged
    family, search = TreeFamily(max_depth=4), Search(threads=2)
    teachers = {
        "forest": lambda: RandomForestClassifier(100, max_depth=12, random_state=0, n_jobs=2),
        "net": lambda: make_pipeline(
            StandardScaler(), MLPClassifier((128, 128), max_iter=300, random_state=0)
        ),
    }
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in teachers}
    print(f"  {'table':14} {'teacher':8} {'loop':>9} {'ours':>9} {'ratio':>7}")
    for table, (all_rows, all_labels) in paper_tables(folder):
        order = np.random.default_rng(0).permutation(len(all_rows))
        rows, labels = all_rows[order], all_labels[order]
        cut = len(rows) * 85 // 100
        for name, make in teachers.items():
            beliefs = make().fit(rows[:cut], labels[:cut]).predict_proba(rows).astype(np.float32)
            train = TrainingRows(rows=rows[:cut], beliefs=beliefs[:cut], y_true=None, real=cut)
            kept = TrainingRows(
                rows=rows[cut:], beliefs=beliefs[cut:], y_true=labels[cut:], real=len(rows) - cut
            )
            ours = best_of(partial(find_student, train, kept, family, search), 3)
            validation = (rows[cut:], labels[cut:])
            theirs = best_of(
                partial(reference_loop, rows[:cut], beliefs[:cut].astype(float), validation, 4, 0),
                1,
            )
            costs[name].append((theirs, ours))
            print(f"  {table:14} {name:8} {theirs:7.2f} s {ours:7.3f} s {theirs / ours:6.1f}x")
    for name, wanted in (("net", 20), ("forest", 5)):
        ratios = [theirs / ours for theirs, ours in costs[name]]
        theirs, ours = map(sum, zip(*costs[name], strict=True))
        print(
            f"  {name}: median {statistics.median(ratios):.1f}x, least {min(ratios):.1f}x, "
            f"all tables together {theirs / ours:.0f}x (wanted: >= {wanted}x)"
        )


def best_of(work: Callable[[], object], times: int) -> float:
    """The least seconds of so many calls."""
    seconds = []
    for _ in range(times):
        began = perf_counter()
        work()
        seconds.append(perf_counter() - began)
    return min(seconds)


def startup() -> None:
    """`crembo --help`, and `compress` on the breast-cancer sample, as whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        small = [
            "compress",
            str(SAMPLES / "breast_cancer_forest.onnx"),
            str(SAMPLES / "breast_cancer.csv"),
            "-q",
            "-o",
            str(Path(folder) / "student.onnx"),
        ]
        for words, wanted in ((["--help"], 0.35), (small, 3.0)):
            command = [*CREMBO, *words]
            subprocess.run(command, check=True, capture_output=True)
            run = partial(subprocess.run, command, check=True, capture_output=True)
            runs = [best_of(run, 1) for _ in range(7)]
            print(
                f"  crembo {words[0]:9} median {statistics.median(runs):.2f} s, "
                f"least {min(runs):.2f} s (wanted: < {wanted} s)"
            )


def margins() -> None:
    """Exact margins of 100,000 rows of a tree of 32 leaves, against predicting them."""
    from crembo_cli.robustness.perturbations import exact_margins
    from crembo_cli.students.contract import Task
    from crembo_cli.students.tree.family import TreeFamily

    rows, beliefs = large_table(100_000)
    task = Task(
        rows=rows[:20_000],
        beliefs=beliefs[:20_000],
        validation_rows=rows[:0],
        validation_beliefs=beliefs[:0],
    )
    student = TreeFamily(max_depth=TREE_DEPTH).learner(task).fit(beliefs[:20_000])
    units = rows.std(axis=0, dtype=np.float64)
    asked = best_of(lambda: student.predict(rows), 3)
    measured = best_of(lambda: exact_margins(student, rows, units), 3)
    print(
        f"  {student.size()['leaves']} leaves: margins {measured:.2f} s (wanted: < 2 s), "
        f"{measured / asked:.1f} times what predicting takes"
    )


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="folder with the UCI tables of the paper")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", choices=["large", "loop", "startup", "margins"])
    parser.add_argument("--part", choices=["cart", "path"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        {"cart": run_cart, "path": run_path}[asked.part](asked.rows)
        return
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {os.cpu_count()} cores")
    parts: dict[str, Callable[[], None]] = {
        "startup": startup,
        "margins": margins,
        "loop": lambda: loop(asked.data_dir),
        "large": lambda: large(asked.rows),
    }
    for name, part in parts.items():
        if not asked.only or name in asked.only:
            print(f"{name}: {part.__doc__.splitlines()[0] if part.__doc__ else ''}".rstrip())
            part()


if __name__ == "__main__":
    main()
