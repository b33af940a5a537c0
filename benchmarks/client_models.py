"""Clients that run a student's ONNX file, each a function of a case; see clients.py."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from crembo_cli.student_file.codes import MISSING
from tests.explanations.edge_rows import Case

Answer = tuple[list[Any], Any]  # the label and the probabilities of each row


class AbsentError(Exception):
    """The client is not here; the message says what it needs."""


class RefusedError(Exception):
    """The client does not run the student, and says so."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client: its name with its version, and what it answers."""

    name: str
    run: Callable[[Case], Answer]
    server: bool = False
    portable: bool = False  # whether it runs the portable form of the student
    finite: bool = False  # whether it has no infinite numbers, so that such rows are left out


RUN = """
import pickle, sys
{load}
with open(sys.argv[2], "rb") as file:
    feeds = pickle.load(file)
labels, probabilities = model.run(["label", "probabilities"], feeds)
with open(sys.argv[3], "wb") as file:
    pickle.dump((list(map(str, labels)), probabilities.tolist()), file)
"""
ONNXRUNTIME = "import onnxruntime\nmodel = onnxruntime.InferenceSession(sys.argv[1])"
EVALUATOR = "from onnx.reference import ReferenceEvaluator\nmodel = ReferenceEvaluator(sys.argv[1])"


def model_clients() -> list[Client]:
    """All of them; variables name those that live outside of this environment."""
    found = [
        Client(name=_version("onnxruntime"), run=in_python(sys.executable, ONNXRUNTIME)),
        Client(name=_version("onnx", " (reference evaluator)"),
               run=in_python(sys.executable, EVALUATOR)),
    ]  # fmt: skip
    for variable, module, load in (
        ("CREMBO_OLD_ONNXRUNTIME", "onnxruntime", ONNXRUNTIME),
        ("CREMBO_OLD_ONNX", "onnx", EVALUATOR),
    ):
        for python in os.environ.get(variable, "").split(":"):
            name = f"an old {module}"
            if python:
                code = f"import {module}; print({module}.__version__)"
                name = f"{module} {_output([python, '-E', '-W', 'ignore', '-c', code])}"
            name += " (reference evaluator)" * (module == "onnx")
            found.append(Client(name=name, run=in_python(python, load, variable)))
    for module in ("onnxruntime-node", "onnxruntime-web", "ort-node-old", "ort-web-old"):
        found.append(Client(name=_node_name(module), run=in_node(module)))
    return [
        *found,
        Client(name=_version("openvino"), run=in_openvino),
        Client(name=_version("openvino", ", --portable"), run=in_openvino, portable=True),
        Client(name=_version("mlflow", " (pyfunc)"), run=in_mlflow),
    ]


def _version(module: str, more: str = "") -> str:
    if find_spec(module) is None:
        return module + more
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{module} {version(module)}{more}"
    except PackageNotFoundError:  # mlflow, of mlflow-skinny
        return f"{module} {version(f'{module}-skinny')}{more}"


def _output(command: list[Any]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def feeds_of(case: Case, coded: bool = False) -> dict[str, Any]:
    """The rows as inputs, (n, 1) each; `coded`: with categories as whole numbers."""
    feeds: dict[str, Any] = {}
    for each in case.explained.features:
        cells = [row[each.name] for row in case.rows]
        if each.categories and coded:
            codes = dict.fromkeys(case.explained.missing_texts, MISSING)
            codes |= {text: k for k, text in enumerate(each.categories)}
            column = [MISSING if cell is None else codes.get(cell, -1) for cell in cells]
            feeds[each.name] = np.array(column, np.int64)[:, None]
        elif each.categories:
            texts = ["" if cell is None else cell for cell in cells]
            feeds[each.name] = np.array(texts, object)[:, None]
        else:
            numbers = np.array([np.nan if cell is None else cell for cell in cells], np.float64)
            with np.errstate(over="ignore"):
                feeds[each.name] = numbers.astype(np.float32)[:, None]
    return feeds


def in_python(python: str, load: str, variable: str = "") -> Callable[[Case], Answer]:
    """In another process, so that a crash is a refusal."""

    def run(case: Case) -> Answer:
        if not python:
            raise AbsentError(f"{variable} names the Python that has it")
        with TemporaryDirectory() as folder:
            feeds, answer = Path(folder) / "feeds.pkl", Path(folder) / "answer.pkl"
            feeds.write_bytes(pickle.dumps(feeds_of(case), protocol=4))
            alone = [] if python == sys.executable else ["-E"]  # without this one's packages
            command = [python, *alone, "-W", "ignore", "-c", RUN.format(load=load)]
            done = subprocess.run(
                [*command, case.path, feeds, answer], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RefusedError(done.stderr.strip().splitlines()[-1])
            labels, probabilities = pickle.loads(answer.read_bytes())
            return labels, np.array(probabilities)

    return run


NODE = shutil.which("node")
RUN_NODE = """
const fs = require("fs");
const ort = require(process.argv[2]);
const { columns, rows } = require(process.argv[4]);
(async () => {
  if (ort.env && ort.env.wasm) ort.env.wasm.numThreads = 1;
  const model = new Uint8Array(fs.readFileSync(process.argv[3]));
  const session = await ort.InferenceSession.create(model);
  const feeds = {};
  for (const [name, type, values] of columns)
    feeds[name] = new ort.Tensor(
      type, type === "string" ? values : Float32Array.from(values), [rows, 1]);
  const answer = await session.run(feeds);
  console.log(JSON.stringify(
    [Array.from(answer.label.data, String), Array.from(answer.probabilities.data)]));
})().catch((error) => { console.error(String(error)); process.exit(1); });
"""


def _modules() -> Path:
    return Path(os.environ.get("CREMBO_NODE_MODULES", "/nowhere"))


def _node_name(module: str) -> str:
    described = _modules() / module / "package.json"
    if not described.is_file():
        return module
    found = json.loads(described.read_text())
    return f"{found['name']} {found['version']}"


def in_node(module: str) -> Callable[[Case], Answer]:
    """In node.js, with a package of the folder `CREMBO_NODE_MODULES`."""

    def run(case: Case) -> Answer:
        if NODE is None or not (_modules() / module).is_dir():
            raise AbsentError("CREMBO_NODE_MODULES names the folder node_modules that has it")
        columns = [
            [name, "string" if cells.dtype == object else "float32", cells[:, 0].tolist()]
            for name, cells in feeds_of(case).items()
        ]
        with TemporaryDirectory() as folder:
            feeds, script = Path(folder) / "feeds.cjs", Path(folder) / "run.cjs"
            literal = json.dumps({"columns": columns, "rows": len(case.rows)})
            feeds.write_text(f"module.exports = {literal};")  # JavaScript has NaN and Infinity
            script.write_text(RUN_NODE)
            done = subprocess.run(
                [NODE, script, _modules() / module, case.path, feeds],
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise RefusedError(done.stderr.strip().splitlines()[-1])
        labels, probabilities = json.loads(done.stdout.splitlines()[-1])
        return labels, np.array(probabilities).reshape(len(labels), -1)

    return run


def in_openvino(case: Case) -> Answer:
    """On the CPU, in float32."""
    if find_spec("openvino") is None:
        raise AbsentError("pip install openvino")
    import onnx
    import openvino

    coded = any(
        each.type.tensor_type.elem_type == onnx.TensorProto.INT64
        for each in onnx.load(case.path).graph.input
    )
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    try:
        model = openvino.Core().compile_model(str(case.path), "CPU", hint)
    except RuntimeError as error:
        lacking = sorted({each for each in ("LabelEncoder", "TreeEnsembleRegressor")
                          if each in str(error)})  # fmt: skip
        raise RefusedError(f"it has no {' and no '.join(lacking)}") from error
    answer = model.create_infer_request().infer(list(feeds_of(case, coded).values()))
    return answer["label"].tolist(), answer["probabilities"]


def in_mlflow(case: Case) -> Answer:
    """Through the folder that `crembo mlflow` writes, from a frame."""
    if find_spec("mlflow") is None:
        raise AbsentError("pip install mlflow-skinny")
    import pandas as pd
    from mlflow.pyfunc import load_model

    import crembo_cli as crembo

    with TemporaryDirectory() as folder:
        # MLflow's own schema refuses infinity in a column of whole numbers.
        file = Path(folder) / "s.onnx"
        file.write_bytes(case.path.read_bytes().replace(b'"whole number"', b'"number"      '))
        crembo.mlflow(file, Path(folder) / "model")
        answer = load_model(str(Path(folder) / "model")).predict(pd.DataFrame(case.rows))
    return answer["label"].tolist(), answer.iloc[:, 1:].to_numpy()
