"""The teachers of the benchmarks, and their beliefs, kept on disk from one run to the next."""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def _forest(seed: int) -> Any:
    return RandomForestClassifier(100, max_depth=12, random_state=seed)


def _net(seed: int) -> Any:
    # The paper's net reads scaled rows; its scaler is fitted on the training rows alone.
    return make_pipeline(StandardScaler(), MLPClassifier((128, 128), random_state=seed))


def _boosting(seed: int) -> Any:
    return HistGradientBoostingClassifier(random_state=seed)


def _xgboost(seed: int) -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=100, random_state=seed, n_jobs=1)


def _probabilities(model: Any, rows: Floats) -> NDArray[np.float64]:
    return np.asarray(model.predict_proba(rows), np.float64)


def _votes(model: Any, rows: Floats) -> NDArray[np.float64]:
    """The share of the forest's trees that say each class: what the paper's authors count."""
    found = np.zeros((len(rows), len(model.classes_)))
    for tree in model.estimators_:
        found[np.arange(len(rows)), tree.predict(rows).astype(np.int64)] += 1
    return found / len(model.estimators_)


TEACHERS: dict[str, tuple[Callable[[int], Any], Callable[[Any, Floats], NDArray[np.float64]]]] = {
    "forest_votes": (_forest, _votes),
    "forest": (_forest, _probabilities),
    "net": (_net, _probabilities),
    "boosting": (_boosting, _probabilities),
    "xgboost": (_xgboost, _probabilities),
}


def is_there(name: str) -> bool:
    """Whether what the teacher needs is installed."""
    return name != "xgboost" or importlib.util.find_spec("xgboost") is not None


class Teacher:
    """A teacher of c classes, trained once a (training rows, seed) and asked once a set of rows."""

    def __init__(
        self, name: str, rows: Floats, labels: Labels, c: int, seed: int, cache: Path | None
    ) -> None:
        make, self.read = TEACHERS[name]
        self.c = c
        self.present, encoded = np.unique(labels, return_inverse=True)
        self.key = _key(f"{name} {make.__name__} {seed}".encode(), rows, labels)
        self.cache = cache
        self.model: Any = None
        self._train = lambda: _trained(make(seed), rows, encoded)
        self.model_path = None if cache is None else cache / f"model-{_key(b'', rows, labels)}"
        if self.model_path is not None:
            self.model_path = self.model_path.with_suffix(f".{make.__name__}-{seed}.joblib")

    def beliefs(self, rows: Floats) -> Floats:
        """The beliefs on `rows` (n, p): float32 (n, c); a class not trained on has none."""
        path = None
        if self.cache is not None:
            path = self.cache / f"beliefs-{_key(self.key.encode(), rows)}.npy"
            if path.is_file():
                return np.asarray(np.load(path), np.float32)
        found = np.zeros((len(rows), self.c), np.float32)
        found[:, self.present] = self.read(self._model(), rows)
        if path is not None:
            np.save(path, found)
        return found

    def _model(self) -> Any:
        if self.model is None:
            if self.model_path is not None and self.model_path.is_file():
                self.model = joblib.load(self.model_path)
            else:
                self.model = self._train()
                if self.model_path is not None:
                    joblib.dump(self.model, self.model_path, compress=1)
        return self.model


def _trained(model: Any, rows: Floats, labels: Labels) -> Any:
    with warnings.catch_warnings():
        # A net that has not settled after 200 epochs is a teacher like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, labels)


def _key(prefix: bytes, *arrays: NDArray[Any]) -> str:
    made = hashlib.sha256(prefix)
    for each in arrays:
        made.update(str((each.shape, each.dtype)).encode())
        made.update(np.ascontiguousarray(each).tobytes())
    return made.hexdigest()[:24]
