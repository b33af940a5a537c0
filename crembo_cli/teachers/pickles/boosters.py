"""Boosters of XGBoost, LightGBM and CatBoost without their scikit-learn wrapper.

They come from a library's own file, or from a pickle. A file is read here and handed over as
bytes, so that no library opens a path by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.process.wire import Array

NATIVE = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}
XGBOOST = ("binary:logistic", "reg:logistic", "multi:softprob", "multi:softmax")
LIGHTGBM = ("binary", "cross_entropy", "multiclass", "multiclassova")  # those that predict
# probabilities


class BoosterClassifier:
    """A booster with the interface of a fitted classifier; its classes are numbered from 0."""

    def __init__(self, booster: Any, package: str, classes: int) -> None:
        self.package = package
        self.booster_ = booster
        self.classes_ = np.arange(classes)

    def get_booster(self) -> Any:
        """Return the booster, as XGBoost's classifiers do."""
        return self.booster_

    def predict(self, rows: Any) -> Array:
        """Return the most probable classes, int64 (n,)."""
        labels: Array = self.predict_proba(rows).argmax(axis=1)
        return labels

    def predict_proba(self, rows: Any) -> Array:
        """Return class probabilities (n, c)."""
        raise NotImplementedError


class XGBoostBooster(BoosterClassifier):
    """A booster of XGBoost, through a classifier that it is put into."""

    def __init__(self, booster: Any) -> None:
        import json

        from xgboost import XGBClassifier

        learner = json.loads(booster.save_config())["learner"]
        _check_objective(learner["objective"]["name"], XGBOOST)
        if booster.attr("scikit_learn") is None:  # only a classifier stops at the best iteration
            booster.set_attr(best_iteration=None)
        self._classifier = XGBClassifier()
        self._classifier.load_model(booster.save_raw())
        super().__init__(self._classifier.get_booster(), "xgboost", self._classifier.n_classes_)
        if booster.feature_names is not None:
            self.feature_names_in_ = np.array(booster.feature_names, dtype=object)
        self.n_features_in_ = booster.num_features()

    def predict_proba(self, rows: Any) -> Array:
        """See `BoosterClassifier`."""
        scores: Array = self._classifier.predict_proba(rows)
        return scores


class LightGBMBooster(BoosterClassifier):
    """A booster of LightGBM."""

    def __init__(self, booster: Any) -> None:
        objective = _lightgbm_objective(booster)
        _check_objective(objective, LIGHTGBM)
        super().__init__(booster, "lightgbm", max(2, booster.num_model_per_iteration()))
        names = booster.feature_name()
        if names != [f"Column_{place}" for place in range(len(names))]:
            self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)

    def predict_proba(self, rows: Any) -> Array:
        """See `BoosterClassifier`."""
        scores: Array = np.asarray(self.booster_.predict(rows))
        return np.column_stack([1 - scores, scores]) if scores.ndim == 1 else scores


def load_native(path: Path, package: str) -> Any:
    """Load a file that XGBoost, LightGBM or CatBoost wrote in its own format.

    Raises:
        TeacherError: the file is damaged, or its model is not a classifier.
    """
    content = path.read_bytes()
    booster: Any
    try:
        if package == "xgboost":
            import xgboost

            booster = xgboost.Booster()
            booster.load_model(bytearray(content))
        elif package == "lightgbm":
            import lightgbm

            booster = lightgbm.Booster(model_str=_lightgbm_text(content))
        else:
            return _catboost(content)
    except ImportError:
        raise
    except Exception as error:  # each library has errors of its own
        if b'"features_info"' in content[:100]:
            raise TeacherError(
                "unsupported format",
                found="a JSON file of CatBoost",
                hint="save the model as .cbm: model.save_model('model.cbm')",
            ) from error
        raise TeacherError(
            f"not a model that {NATIVE[package]} wrote, or one that was cut short",
            found=f"{len(content)} bytes",
            hint="if it is a pickle, its extension must be .pkl",
        ) from error
    return as_classifier(booster)


def as_classifier(model: Any) -> Any:
    """Return a booster as a classifier, and anything else as it is.

    Raises:
        TeacherError: the objective of the booster is not that of a classifier.
    """
    package, name = type(model).__module__.partition(".")[0], type(model).__name__
    if (package, name) == ("xgboost", "Booster"):
        return XGBoostBooster(model)
    if (package, name) == ("lightgbm", "Booster"):
        return LightGBMBooster(model)
    if (package, name) == ("catboost", "CatBoost"):
        return _catboost(model._serialize_model())
    return model


def _catboost(content: bytes) -> Any:
    from catboost import CatBoostClassifier  # type: ignore[import-untyped]  # it ships no types

    model = CatBoostClassifier()
    model.load_model(blob=content)
    return model


def _lightgbm_text(content: bytes) -> str:
    # LightGBM ends the process at text that does not begin like a model.
    if not content.startswith(b"tree"):
        raise ValueError("the text does not begin with 'tree'")
    return content.decode()


def _lightgbm_objective(booster: Any) -> str:
    head = booster.model_to_string(num_iteration=1, importance_type="split")
    lines = [line for line in head.splitlines() if line.startswith("objective=")]
    return lines[0].removeprefix("objective=").split()[0] if lines else "none"


def _check_objective(found: str, wanted: tuple[str, ...]) -> None:
    if found not in wanted:
        raise TeacherError(
            "expected a booster that predicts class probabilities",
            found=f"the objective {found!r}",
            wanted=" or ".join(wanted),
        )
