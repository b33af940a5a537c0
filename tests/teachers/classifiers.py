"""The classifiers that the matrix of teachers is made of, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

CLOSE = 1e-5  # what beliefs may differ by from the library's own predict_proba
NAMES = np.array(["se", "ve", "vi"])
SCIKIT: dict[str, Any] = {
    "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "forest": RandomForestClassifier(5, random_state=0),
    "boosting": GradientBoostingClassifier(n_estimators=3, random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(max_iter=3, random_state=0),
    "ada": AdaBoostClassifier(n_estimators=3, random_state=0),
    "bagging": BaggingClassifier(n_estimators=3, random_state=0),
    "voting": VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())], voting="soft"),
    "stacking": StackingClassifier([("a", GaussianNB())], LogisticRegression(), cv=2),
    "logistic": LogisticRegression(),
    "log loss": SGDClassifier(loss="log_loss", random_state=0),
    "bayes": GaussianNB(),
    "discriminant": QuadraticDiscriminantAnalysis(reg_param=0.1),
    "neighbours": KNeighborsClassifier(3),
    "gaussian process": GaussianProcessClassifier(random_state=0),
    "net": MLPClassifier((4,), solver="lbfgs", max_iter=5000, random_state=0),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "pipeline": make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)),
}


def same(beliefs: NDArray[Any], wanted: NDArray[Any]) -> None:
    """Beliefs are the library's, to 1e-5."""
    np.testing.assert_allclose(beliefs, wanted, atol=CLOSE)


def boosters() -> dict[str, Callable[[], Any]]:
    """Makers of the boosting libraries' classifiers, by the library's name."""
    return {
        "xgboost": lambda: pytest.importorskip("xgboost").XGBClassifier(n_estimators=3),
        "lightgbm": lambda: pytest.importorskip("lightgbm").LGBMClassifier(
            n_estimators=3, min_child_samples=5, verbose=-1
        ),
        "catboost": lambda: pytest.importorskip("catboost").CatBoostClassifier(
            iterations=3, verbose=0, allow_writing_files=False
        ),
    }


def mixed_frame() -> pd.DataFrame:
    """Numbers and text, both with missing cells."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(size=60),
            "job": pd.Series(rng.choice(["baker", "smith", "miller"], 60), dtype="str"),
            "rank": rng.integers(0, 4, 60),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::9, "job"] = None
    return frame


def as_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as a table hands it on: text as objects with None for missing."""
    out = frame.copy()
    for name in frame.select_dtypes("str"):
        text = [None if cell != cell else cell for cell in frame[name]]  # noqa: PLR0124 - NaN
        out[name] = pd.Series(text, dtype=object, index=frame.index)
    return out
