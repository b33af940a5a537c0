"""What the child process reports about a loaded model, before it has seen a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crembo_cli.teachers.contract import ClassLabel, ModelInput, ModelOutput


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A loaded model, in words and numbers. Fields named as in `Teacher` mean the same."""

    producer: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    feature_names: tuple[str, ...] | None = None
    n_features: int | None = None
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    classes: tuple[ClassLabel, ...] | None = None  # None: the model names none
    classes_source: str
    numbered: bool = False
    beside: tuple[str, ...] = ()  # files in the model's folder that hold its weights
    regressor: str = ""  # why its one column of scores may be no probability; "" where it may
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Ready for the wire."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> ModelInfo:
        """As the child told it; lists become tuples again."""
        names, classes = told["feature_names"], told["classes"]
        return cls(
            producer=told["producer"],
            metadata=told["metadata"],
            feature_names=None if names is None else tuple(names),
            n_features=told["n_features"],
            inputs=tuple(
                ModelInput(**{**each, "shape": tuple(each["shape"])}) for each in told["inputs"]
            ),
            outputs=tuple(
                ModelOutput(**{**each, "shape": tuple(each["shape"])}) for each in told["outputs"]
            ),
            classes=None if classes is None else tuple(classes),
            classes_source=told["classes_source"],
            numbered=told["numbered"],
            beside=tuple(told["beside"]),
            regressor=told["regressor"],
            warnings=tuple(told["warnings"]),
        )
