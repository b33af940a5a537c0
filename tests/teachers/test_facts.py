"""What the child tells of a model."""

from __future__ import annotations

import json

from crembo_cli.teachers.contract import ModelInput, ModelOutput
from crembo_cli.teachers.model_info import Facts


def test_facts_survive_json() -> None:
    """Every field comes back equal, and of the same type, from what goes over the wire."""
    facts = Facts(
        producer="someone 1.0",
        metadata={"key": "value"},
        feature_names=("a", "b"),
        n_features=2,
        inputs=(ModelInput(name="X", type="float", shape=(None, "n", 2), width=2),),
        outputs=(ModelOutput(name="p", type="tensor(float)", shape=(None, 3)),),
        classes=(1, "two", True, 4.5),
        classes_source="here",
        numbered=True,
        beside=("weights.bin",),
        regressor="an operator",
        warnings=("one", "two"),
    )
    assert Facts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_what_is_not_known_stays_unknown() -> None:
    """None is not an empty tuple: a model without names differs from one without features."""
    facts = Facts(classes_source="nowhere")
    assert Facts.from_json(json.loads(json.dumps(facts.to_json()))) == facts
    assert facts.classes is None
    assert facts.feature_names is None
