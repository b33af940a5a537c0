"""Load a teacher, by its file name extension."""

from __future__ import annotations

from pathlib import Path

from crembo_cli.addresses import local_input
from crembo_cli.errors import TeacherError, UsageError, suggest
from crembo_cli.files import existing_input
from crembo_cli.teachers.contract import Teacher
from crembo_cli.teachers.mlflow_folder import MLMODEL, find_model
from crembo_cli.teachers.output_format import ACTIVATIONS, LARGEST

MODELS = {
    ".onnx": "onnx",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "pickle",
    ".sav": "pickle",
    ".skops": "skops",
    ".json": "xgboost",
    ".ubj": "xgboost",
    ".txt": "lightgbm",
    ".cbm": "catboost",
}
TABLES = (".csv", ".tsv", ".parquet")


def load_teacher(
    path: str | Path,
    *,
    activation: str = "auto",
    trust_pickle: bool = False,
    hard_labels: bool = False,
    timeout: float = 600.0,
    threads: int | None = None,
    memory_limit: int | None = None,
) -> Teacher:
    """Load the teacher in the file `path`; the caller must close it.

    A model is loaded in a child process. This function returns before the file is read; an error
    in the file is raised by the first property or method that needs the model.

    Args:
        path: `.onnx`; `.pkl`, `.pickle`, `.joblib` or `.sav`, also `.gz`; `.skops`; `.json`
            or `.ubj` of XGBoost, `.txt` of LightGBM, `.cbm` of CatBoost; a folder of MLflow; or
            a table of class probabilities.
        activation: how scores of an ONNX model become probabilities: one of `ACTIVATIONS`,
            or `LARGEST`.
        trust_pickle: load any class from a pickle, which can run code of the file.
        hard_labels: use predicted labels as one-hot probabilities.
        timeout: seconds without progress after which the model is stopped.
        threads: number of threads of the model; None for at most 4.
        memory_limit: bytes of memory for the model; None for 80 % of the machine's memory.

    Raises:
        TeacherError: the file does not exist or has an unsupported format.
        UsageError: an option is out of range, or does not apply to the format.
    """
    path = local_input(path, TeacherError)
    model_format = None
    if (path / MLMODEL).is_file():
        path, model_format = find_model(path)
    suffix = path.suffix.lower()
    if suffix == ".gz" and path.with_suffix("").suffix.lower() in MODELS:
        suffix = path.with_suffix("").suffix.lower()  # the compression is recognised by the content
    model_format = model_format or MODELS.get(suffix)
    table = model_format is None and (
        suffix in TABLES or path.name.lower().endswith(".csv.gz") or path.is_dir()
    )
    if activation not in (*ACTIVATIONS, LARGEST):
        raise UsageError("invalid --activation", found=activation, wanted=" or ".join(ACTIVATIONS))
    if not timeout > 0:
        raise UsageError("invalid --teacher-timeout", found=f"{timeout:g}", wanted="above 0")
    if threads is not None and threads < 1:
        raise UsageError("invalid --jobs", found=str(threads), wanted="1 or more")
    path = existing_input(path, TeacherError, "a saved classifier")
    if not table and model_format is None:
        raise TeacherError(
            "unsupported teacher format",
            where=str(path),
            found=f"the extension {suffix!r}",
            **suggest(suffix, [*MODELS, *TABLES]),
        )
    if activation != "auto" and model_format != "onnx":
        raise UsageError(
            "--activation applies to ONNX models only", where=str(path), found=activation
        )
    if table:
        from crembo_cli.teachers.belief_table import BeliefTable

        return BeliefTable(path, hard_labels=hard_labels)
    assert model_format is not None, "no table and no model"
    from crembo_cli.teachers.process.subprocess_teacher import SubprocessTeacher

    return SubprocessTeacher(
        path,
        model_format,
        activation=activation,
        trust_pickle=trust_pickle,
        hard_labels=hard_labels,
        timeout=timeout,
        threads=threads,
        memory_limit=memory_limit,
    )
