"""What wrong decisions cost: students that know the costs, beside CARTs of a thresholded teacher.

The tables, splits and teachers are those of scores.py. The rare class is predicted from a
probability T on, which is right where missing it costs 1 - T and a false alarm T. Students get
`--decide-at T`; a CART of as many leaves is fitted, on the same rows, to what the teacher decides
at T, or to its probabilities and decides at T itself. Costs are those on the test rows, by their
true labels, in hundredths; by chance is the cheaper of always and never.

    python benchmarks/costs.py
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from score_tables import REPORTED, TUNED, score_tables
from scores import TEACHERS, Peer, Rows, prepare
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from crembo_cli.core.utilities import decisions, utilities_from_threshold
from crembo_cli.search.student import Search, find_student
from crembo_cli.students.registry import make_family

LEAVES = 16
Decide = Callable[[Rows, float, int], Any]  # rows, T and a seed -> the decisions on the test rows


def crembo(name: str, **options: str) -> Decide:
    """A student of ours with `--decide-at T`."""

    def decide(rows: Rows, threshold: float, seed: int) -> Any:
        search = Search(seed=seed).with_utilities(utilities_from_threshold(threshold, 1))
        family = make_family(name, options)
        return find_student(rows[0], rows[1], family, search).student.predict(rows[2].rows)

    return decide


def cart_of_decisions(rows: Rows, threshold: float, seed: int) -> Any:
    """A CART on what the teacher decides at T."""
    goals = (rows[0].beliefs[:, 1] > threshold).astype(int)
    model = DecisionTreeClassifier(max_leaf_nodes=LEAVES, random_state=seed)
    return model.fit(np.nan_to_num(rows[0].rows, nan=-1e9), goals).predict(
        np.nan_to_num(rows[2].rows, nan=-1e9)
    )


def cart_of_probabilities(rows: Rows, threshold: float, seed: int) -> Any:
    """A CART on the teacher's probabilities that decides at T."""
    model = DecisionTreeRegressor(max_leaf_nodes=LEAVES, random_state=seed)
    soft = Peer(model.fit(np.nan_to_num(rows[0].rows, nan=-1e9), rows[0].beliefs))
    return decisions(soft.predict_proba(rows[2].rows), utilities_from_threshold(threshold, 1))


STUDENTS: dict[str, Decide] = {
    "teacher": lambda rows, threshold, seed: decisions(
        rows[2].beliefs, utilities_from_threshold(threshold, 1)
    ),
    "tree 16": crembo("tree", max_depth="8", max_leaves=str(LEAVES)),
    "additive": crembo("additive"),
    "mlp": crembo("mlp"),
    "boosted": crembo("boosted"),
    "cart of decisions": cart_of_decisions,
    "cart of probabilities": cart_of_probabilities,
}


def cost(predicted: Any, truth: Any, threshold: float) -> float:
    """The mean cost on the test rows."""
    missed = (truth == 1) & (predicted == 0)
    alarmed = (truth == 0) & (predicted == 1)
    return float(100 * np.mean((1 - threshold) * missed + threshold * alarmed))


def main() -> None:
    """Print the costs by table, and paired differences with their standard errors."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", nargs="+", default=list(REPORTED), choices=[*TUNED, *REPORTED])
    parser.add_argument("--teachers", nargs="+", default=["hist", "forest"], choices=TEACHERS)
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.1, 0.25])
    parser.add_argument("--seeds", type=int, nargs="+", default=[10])
    asked = parser.parse_args()
    found = []
    for name, frame in score_tables(tuple(asked.tables)):
        for teacher, seed in itertools.product(asked.teachers, asked.seeds):
            rows = prepare(frame, teacher, seed)
            truth = np.asarray(rows[2].y_true)
            for threshold in asked.thresholds:
                at = {"table": name, "teacher": teacher, "seed": seed, "T": threshold}
                costs = {
                    student: cost(decide(rows, threshold, seed), truth, threshold)
                    for student, decide in STUDENTS.items()
                }
                constants = [cost(np.full(len(truth), k), truth, threshold) for k in (0, 1)]
                found.append({**at, **costs, "by chance": min(constants)})
    table = pd.DataFrame(found)
    print(table.groupby("table", sort=False)[[*STUDENTS, "by chance"]].mean().round(2).to_string())
    print(table[[*STUDENTS, "by chance"]].mean().round(3).to_string())
    by_table = table.groupby("table", sort=False)[list(STUDENTS)].mean()
    ours = ("tree 16", "additive", "mlp", "boosted")
    for name, peer in itertools.product(ours, ("cart of decisions", "cart of probabilities")):
        apart = by_table[name] - by_table[peer]
        dearer = f"dearer on {int((apart > 0).sum())} of {len(apart)} tables"
        print(f"{name} less {peer}: {apart.mean():+.3f} ± {apart.sem():.3f}; {dearer}")


if __name__ == "__main__":
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        main()
