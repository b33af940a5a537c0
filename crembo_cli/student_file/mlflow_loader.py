"""Predict with the student in a model folder of MLflow.

`crembo mlflow` copies this file into the folder, so that crembo is not needed there; it needs
numpy, pandas and onnxruntime.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd

TYPES = {"float": "float32", "double": "float64"}  # others have one name in ONNX and numpy


def _load_pyfunc(folder: str) -> Student:
    """Load the model: MLflow calls this."""
    return Student(Path(folder))


class Student:
    """A model that takes a frame with the features by name and returns one with the labels."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.description = json.loads((folder / "student.json").read_text("utf-8"))

    def predict(self, model_input: Any, params: Any = None) -> pd.DataFrame:
        """Return `label` and `probability_<class>` of each row.

        Missing are None, NaN, NA and the texts that were missing in training. An array has the
        features in order.
        """
        features = self.description["features"]
        frame = pd.DataFrame(model_input)
        if not isinstance(model_input, pd.DataFrame) and len(frame.columns) == len(features):
            frame.columns = pd.Index([each["name"] for each in features])
        feeds, first = {}, 0
        for each in self.session.get_inputs():
            sizes = [size if isinstance(size, int) else -1 for size in each.shape[1:]]
            width = abs(int(np.prod(sizes))) if -1 not in sizes else len(features)
            cells = [self._cells(frame, j, each.type[7:-1]) for j in range(first, first + width)]
            first += width
            feeds[each.name] = np.stack(cells, axis=1).reshape([len(frame), *sizes])
        label, *others = self.session.run(None, feeds)
        classes = self.description["classes"]
        if len(others) == 1 and isinstance(others[0], list):  # a dictionary per row
            others = [np.array([[row[each] for each in classes] for row in others[0]])]
        table = others[0] if len(others) == 1 else np.stack(others, axis=1)
        found = {"label": label}
        for k, class_ in enumerate(classes):
            found[f"probability_{class_}"] = table[:, k]
        return pd.DataFrame(found, index=frame.index)

    def _cells(self, frame: pd.DataFrame, j: int, type_: str) -> Any:
        """Return the column of feature j as the input takes it."""
        feature = self.description["features"][j]
        column = frame[feature["name"]]
        if "categories" not in feature:
            return column.astype("float64").to_numpy(TYPES.get(type_, type_), na_value=np.nan)
        texts = [
            "" if missing else str(cell)
            for cell, missing in zip(column, column.isna(), strict=True)
        ]
        if type_ == "string":
            return np.array(texts, object)
        codes = {text: k for k, text in enumerate(feature["categories"])}  # a portable student
        others = dict.fromkeys(["", *self.description["missing_texts"]], -2)
        return np.array([{**others, **codes}.get(text, -1) for text in texts], np.int64)
