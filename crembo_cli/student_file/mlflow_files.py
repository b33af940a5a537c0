"""A student as a model folder of MLflow: its files, written without MLflow.

The model is of the flavor `python_function`, with a loader of its own that takes frames with text
and missing cells, and of the flavor `onnx`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crembo_cli.student_file import mlflow_loader
from crembo_cli.student_file.metadata import StudentMetadata
from crembo_cli.student_file.summary import ColumnSummary
from crembo_cli.students.contract import Feature

# What the loader was tested with at least; MLflow's server installs all of it.
REQUIREMENTS = ("mlflow", "numpy", "onnxruntime>=1.15", "pandas>=2.2")
PYTHON = "3.11"
MODEL, DESCRIPTION, EXAMPLE = "model.onnx", "student.json", "input_example.json"
TYPES = {"boolean": "boolean", "whole number": "long", "number": "double", "text": "string"}


def mlflow_files(
    content: bytes, metadata: StudentMetadata, classes: Sequence[int | str]
) -> dict[str, bytes]:
    """The files of the folder, by their paths in it.

    `content` is the student's ONNX file, `classes` are those of its `label` output.
    """
    features = metadata.features
    names = [f"probability_{each}" for each in classes]
    label = "long" if isinstance(classes[0], int) else "string"
    inputs = [{"type": _type(each), "name": each.name, "required": True} for each in features]
    outputs = [
        {"type": type_, "name": name, "required": True}
        for name, type_ in {"label": label, **dict.fromkeys(names, "float")}.items()
    ]
    model = {
        "flavors": {
            "onnx": {"data": MODEL, "onnx_version": "1.17", "providers": ["CPUExecutionProvider"]},
            "python_function": {
                "code": "code",
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "crembo_student",
                "python_version": PYTHON,
            },
        },
        "saved_input_example_info": {
            "artifact_path": EXAMPLE,
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs)},
    }
    environment = {
        "python": PYTHON,
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }
    summaries = (
        metadata.training.columns if metadata.training is not None else [None] * len(features)
    )
    row = [_typical(each, own) for each, own in zip(features, summaries, strict=True)]
    description = {
        "features": [
            {"name": each.name, **({"categories": each.categories} if each.categories else {})}
            for each in features
        ],
        "missing_texts": metadata.missing_texts,
        "classes": classes,
    }
    loader = Path(mlflow_loader.__file__).read_bytes()
    return {
        "MLmodel": _yaml(model),
        MODEL: content,
        DESCRIPTION: _json(description),
        EXAMPLE: _json({"columns": [each.name for each in features], "data": [row]}),
        "requirements.txt": "".join(f"{each}\n" for each in REQUIREMENTS).encode(),
        "python_env.yaml": _yaml(environment),
        "code/crembo_student.py": loader,
    }


def _type(feature: Feature) -> str:
    """The type of a column: pandas has no missing cell in whole numbers, so they are not then."""
    whole = feature.kind == "whole number"
    return "double" if whole and feature.missing else TYPES[feature.kind]


def _typical(feature: Feature, summary: ColumnSummary | None) -> Any:
    """A cell of the input example: about the median, or the most frequent category."""
    edges = () if summary is None else summary.edges
    if feature.categories:
        most = max(range(len(edges)), key=lambda k: summary.counts[k]) if summary and edges else 0
        return feature.categories[int(edges[most]) if edges else 0]
    value = edges[len(edges) // 2] if edges else 0.0
    if feature.kind == "boolean":
        return bool(value)
    return round(value) if _type(feature) == "long" else value


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"


def _yaml(value: Mapping[str, Any]) -> bytes:
    """Mappings as YAML with an indent, all other values as the JSON that YAML reads as well."""
    return "".join(f"{line}\n" for line in _yaml_lines(value, "")).encode()


def _yaml_lines(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, each in value.items():
        if isinstance(each, dict):
            yield f"{indent}{key}:"
            yield from _yaml_lines(each, f"{indent}  ")
        else:
            yield f"{indent}{key}: {json.dumps(each)}"
