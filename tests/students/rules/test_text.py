"""Rules as text: the conditions, the predicted class, and its probability."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crembo_cli.students.contract import Feature
from tests.students.rules.test_model import two_rules


def test_the_text_is_one_rule_a_line() -> None:
    """Each rule has its conditions, its predicted class and the probability."""
    features = (Feature(name="age", missing=True), Feature(name="size", missing=True))
    assert two_rules().describe(features, ("no", "yes", "maybe")).splitlines() == [
        "if (age <= 2 or missing) and size > 5: yes (0.80)",
        "else if size <= 9: maybe (0.70)",
        "otherwise: no (0.60)",
    ]


def test_a_list_without_rules_predicts_one_class() -> None:
    """A list without rules is described by its one class."""
    rules = two_rules()
    alone = replace(
        rules,
        feature=rules.feature[2:],
        sign=rules.sign[2:],
        bound=rules.bound[2:],
        missing=rules.missing[2:],
        label=rules.label[2:],
        probabilities=rules.probabilities[2:],
    )
    assert alone.describe((Feature(name="age"),), ("no", "yes", "maybe")) == "always: no (0.60)"


ABOVE_1 = -np.nextafter(np.float32(1), np.float32(2))  # the bound of a term "> 1"


def test_two_terms_on_one_feature_are_one_condition() -> None:
    """A strip of a feature, and a set of categories, are one condition each."""
    rules = replace(
        two_rules(),
        feature=np.array([[0, 0], [1, 1], [0, 0]]),
        sign=np.array([[1, -1], [-1, -1], [1, 1]], np.float32),
        bound=np.array([[2, ABOVE_1], [-1, -1], [3e38, 3e38]], np.float32),
    )
    features = (Feature(name="age"), Feature(name="colour", categories=("red", "green", "blue")))
    first, second, _ = rules.describe(features, ("no", "yes", "maybe")).splitlines()
    assert first == "if 1 < age <= 2: yes (0.80)"
    assert second == "else if colour in {green, blue}: maybe (0.70)"
