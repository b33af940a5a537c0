"""The description of a loaded model that the child process sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crembo_cli.teachers.contract import ClassLabel, ModelInput, ModelOutput


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """A description of a loaded model. Fields with a name in `Teacher` have that meaning."""

    producer: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    feature_names: tuple[str, ...] | None = None
    n_features: int | None = None
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[ModelOutput, ...] = ()
    classes: tuple[ClassLabel, ...] | None = None  # None: the model stores none
    classes_source: str
    numbered: bool = False
    beside: tuple[str, ...] = ()  # external files with weights, in the model's folder
    regressor: str = ""  # why a single score may not be a probability; "" if it may be
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> ModelInfo:
        """Return the description with these fields; lists become tuples."""
        names, classes = fields["feature_names"], fields["classes"]
        return cls(
            producer=fields["producer"],
            metadata=fields["metadata"],
            feature_names=None if names is None else tuple(names),
            n_features=fields["n_features"],
            inputs=tuple(
                ModelInput(**{**each, "shape": tuple(each["shape"])}) for each in fields["inputs"]
            ),
            outputs=tuple(
                ModelOutput(**{**each, "shape": tuple(each["shape"])}) for each in fields["outputs"]
            ),
            classes=None if classes is None else tuple(classes),
            classes_source=fields["classes_source"],
            numbered=fields["numbered"],
            beside=tuple(fields["beside"]),
            regressor=fields["regressor"],
            warnings=tuple(fields["warnings"]),
        )
