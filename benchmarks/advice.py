"""Does the verdict name a better family where there is one, and what does it cost to know?

For each table a tree is fitted as `crembo compress` fits it, then the references, then every
strong family in full on the same rows. A family is better if it gains more than a point of
accuracy or .01 of AUC on the test rows. Right: a better family is named, or none where none is
better. Wrong advice: a family is named that is not better.

    python benchmarks/advice.py --part tuned
    python benchmarks/advice.py --part reported
    python benchmarks/advice.py --cost            share of a default run that the references take
"""

from __future__ import annotations

import argparse
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from score_tables import LABEL, score_tables
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from tables import tables

from crembo_cli.dataset.labelled import LabelledTable
from crembo_cli.evaluation.measured import measure_rows
from crembo_cli.evaluation.metrics import Metrics, Prediction, measure
from crembo_cli.report.advice import GAIN, choose_reference
from crembo_cli.report.build import describe_references
from crembo_cli.report.status import RARE
from crembo_cli.runs.inputs import open_teacher, read_splits
from crembo_cli.runs.options import Notes, TableOptions, TeacherOptions
from crembo_cli.runs.rows import SplitOptions
from crembo_cli.search.references import begin_references, wait_for_references
from crembo_cli.search.student import Search, find_student, label_rows
from crembo_cli.students.contract import Student
from crembo_cli.students.registry import make_family

# Mixed tables of score_tables.py, numeric ones of tables.py, and a seed.
PARTS = {
    "tuned": (
        ("default", "email", "churn", "resume", "lending", "caravan"),
        ("breast_cancer", "wine", "australian", "phoneme", "segment", "vehicle"),
        1,
    ),
    "reported": (
        ("attrition", "credit", "mortgage", "arrests", "monica", "yeast"),
        ("pima", "german", "ionosphere", "contraceptive", "satimage", "vowel"),
        202,
    ),
}
FAMILIES = ("linear", "additive", "boosted", "mlp")
MOST_ROWS, SYNTHETIC = 2_000, 6_000
COSTLY = ("churn", "credit", "segment", "vehicle")  # tables of --cost
REPEATS = 3


def frames(part: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each table of `part` with its label in LABEL."""
    mixed, numeric, _ = PARTS[part]
    yield from score_tables(mixed)
    for name, (rows, labels) in tables(None, numeric):
        columns = [f"f{k}" for k in range(rows.shape[1])]
        yield name, pd.DataFrame(rows, columns=columns).assign(**{LABEL: labels})


def some(frame: pd.DataFrame) -> pd.DataFrame:
    """At most MOST_ROWS rows, always the same ones."""
    return frame.sample(MOST_ROWS, random_state=0) if len(frame) > MOST_ROWS else frame


def fit_teacher(frame: pd.DataFrame, number: int, seed: int) -> Pipeline:
    """A forest or gradient boosting, in turns, on one-hot text and imputed numbers."""
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="-"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=20),
    )
    columns = make_column_transformer(
        (text, make_column_selector(dtype_exclude="number")),
        (SimpleImputer(strategy="median"), make_column_selector(dtype_include="number")),
    )
    model = (
        RandomForestClassifier(100, min_samples_leaf=2, random_state=seed)
        if number % 2
        else HistGradientBoostingClassifier(random_state=seed)
    )
    return make_pipeline(columns, model).fit(frame.drop(columns=LABEL), frame[LABEL])


def predict(student: Student, test: LabelledTable) -> Prediction:
    """What a student predicts for the test rows."""
    return Prediction(
        labels=student.predict(test.rows), probabilities=student.predict_proba(test.rows)
    )


def metrics_of(test: LabelledTable, predicted: Prediction) -> Metrics:
    """The metrics of what was predicted for the rows of `test`."""
    return measure(measure_rows(test, {"student": predicted}).totals.each["student"])


def is_rare(test: LabelledTable) -> bool:
    """Whether AUC counts; see `report.status`."""
    rows = np.bincount(test.y_true)
    rows = rows[rows > 0]
    return bool(rows.min() < RARE * rows.mean())


def judge(name: str, frame: pd.DataFrame, number: int, seed: int) -> dict[str, object]:
    """One table: what was named, what is better, and by how much each family is."""
    train, test = train_test_split(
        some(frame), test_size=0.4, random_state=seed, stratify=some(frame)[LABEL]
    )
    search = Search(synthetic=SYNTHETIC, seed=seed, threads=1)
    tree = make_family("tree", {})
    with closing(open_teacher(fit_teacher(train, number, seed), TeacherOptions())) as teacher:
        splits = read_splits(
            train.reset_index(drop=True),
            teacher,
            TableOptions(label=LABEL),
            SplitOptions(test_data=test.reset_index(drop=True)),
            Notes(),
            seed=seed,
            compare=False,
        )
        rows = label_rows(splits.without_test(), teacher, search)
    student = predict(find_student(*rows, tree, search).student, splits.test)
    began = perf_counter()
    begun = begin_references(rows[0], tree, search)
    references = describe_references(wait_for_references(begun), splits.test, student)
    seconds = perf_counter() - began
    named = choose_reference(references, by_auc=is_rare(splits.test))
    own, gains = metrics_of(splits.test, student), {}
    for family in FAMILIES:
        found = find_student(*rows, make_family(family, {}), search).student
        metrics = metrics_of(splits.test, predict(found, splits.test))
        gains[family] = (metrics.accuracy - own.accuracy, metrics.roc_auc - own.roc_auc)
    better = [family for family, pair in gains.items() if max(pair) > GAIN]
    row: dict[str, object] = {"table": name, "rows": len(test), "named": named or "-"}
    row |= {"right": named in better if better else named is None}
    row |= {"wrong": named is not None and named not in better, "seconds": seconds}
    for family, each in references.items():
        for key in ("accuracy_gain", "roc_auc_gain"):
            gain = getattr(each, key)
            row |= {f"{family} {key}": gain.value, f"{family} {key} error": gain.error}
    row |= {f"{family} accuracy": pair[0] for family, pair in gains.items()}
    return row | {f"{family} AUC": pair[1] for family, pair in gains.items()}


# A command line, with references and without.
RUN = {
    True: "from crembo_cli.__main__ import main; main()",
    False: (
        "from crembo_cli.search import references; references.REFERENCES.clear(); "
        "from crembo_cli.__main__ import main; main()"
    ),
}


def measure_cost() -> Iterator[dict[str, object]]:
    """The share of a run of `compress` with its defaults, and of a quick one.

    Medians of REPEATS runs with references and as many without, in turns.
    """
    names = {name: part for part in PARTS for name, _ in frames(part) if name in COSTLY}
    for name, part in names.items():
        frame = some(next(found for each, found in frames(part) if each == name))
        with tempfile.TemporaryDirectory() as folder:
            frame.to_parquet(f"{folder}/t.parquet")
            Path(folder, "t.pkl").write_bytes(pickle.dumps(fit_teacher(frame, 0, 0)))
            for quick in (False, True):
                arguments = ["compress", "t.pkl", "t.parquet", "--label", LABEL, "-q"]
                arguments += ["-o", "s.onnx", *(["--quick-report"] if quick else [])]
                seconds: dict[bool, list[float]] = {True: [], False: []}
                for _ in range(REPEATS):
                    for references, program in RUN.items():
                        began = perf_counter()
                        command = [sys.executable, "-c", program, *arguments]
                        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
                        seconds[references].append(perf_counter() - began)
                with_, without = median(seconds[True]), median(seconds[False])
                more = with_ / without - 1
                yield {"table": name, "quick": quick, "seconds": with_, "more time": more}


def main() -> None:
    """Print a table, and the two shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), default="reported")
    parser.add_argument("--seed", type=int, help="in place of the part's")
    parser.add_argument("--cost", action="store_true")
    parser.add_argument("--out", help="a CSV file for the rows")
    given = parser.parse_args()
    if given.cost:
        print(pd.DataFrame(list(measure_cost())).to_string())
        return
    rows = []
    for number, (name, frame) in enumerate(frames(given.part)):
        seed = PARTS[given.part][2] if given.seed is None else given.seed
        rows.append(judge(name, frame, number, seed))
        print(rows[-1], flush=True)
    found = pd.DataFrame(rows)
    if given.out:
        found.to_csv(given.out, index=False)
    print(found[["table", "rows", "named", "right", "wrong"]].to_string())
    print(f"right {found['right'].mean():.0%}, wrong advice {found['wrong'].mean():.0%}")


if __name__ == "__main__":
    main()
