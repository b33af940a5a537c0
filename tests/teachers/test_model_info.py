"""Tests of crembo_cli.teachers.model_info."""

from __future__ import annotations

import json

from crembo_cli.teachers.contract import ModelInput, ModelOutput
from crembo_cli.teachers.model_info import ModelInfo


def test_every_field_survives_json() -> None:
    """Every field comes back equal, and of the same type, from what goes over the wire."""
    info = ModelInfo(
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
    assert ModelInfo.from_json(json.loads(json.dumps(info.to_json()))) == info


def test_unknown_fields_stay_unknown() -> None:
    """None is not an empty tuple: a model without names differs from one without features."""
    info = ModelInfo(classes_source="nowhere")
    assert ModelInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
    assert info.classes is None
    assert info.feature_names is None
