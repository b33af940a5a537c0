"""Parse an ONNX file and open it in onnxruntime, in the child process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import TeacherError

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession


def read_model(path: Path) -> ModelProto:
    """Parse the model without its external weights.

    Raises:
        TeacherError: the file is not an ONNX model, or is incomplete.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # no types

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        begins = path.read_bytes()[:1] == b"\x08"  # the tag of ir_version, the first field
        raise TeacherError(
            "invalid ONNX model: the file may be incomplete" if begins else "not an ONNX model",
            found=f"{path.stat().st_size} bytes that cannot be parsed",
            wanted="an ONNX model",
        ) from error
    if not model.graph.output:
        raise TeacherError("not an ONNX model", found="no graph with outputs in it")
    return model


def open_session(path: str) -> InferenceSession:
    """Open a session that computes each run on one thread.

    With several threads, the order in which onnxruntime adds the trees of a forest depends on
    the number of threads, and so do the last digits. Several runs can still go in parallel. The
    model is opened by path, so that onnxruntime finds external weights (and refuses those
    behind a "../").

    Raises:
        TeacherError: onnxruntime cannot open the model; the message is that of onnxruntime.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:  # its errors have no common base but Exception
        raise TeacherError(f"onnxruntime cannot open the model: {error}") from error


def external_files(model: ModelProto, folder: Path) -> tuple[str, ...]:
    """Return the sorted names of the files with external weights in `folder`, the model's.

    onnxruntime checks the paths only of weights that the graph uses, so this checks all of them
    before any is read.

    Raises:
        TeacherError: a file does not exist, or is outside the folder.
    """
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    tensors = [each for each in model.graph.initializer if uses_external_data(each)]
    names = sorted({ExternalDataInfo(each).location for each in tensors})
    inside = folder.resolve()
    for name in names:
        path = (inside / name).resolve()
        if not path.is_relative_to(inside) or not path.is_file():
            raise TeacherError(
                "the external weights of the model are missing, or outside its folder",
                found=repr(name),
                wanted="a file in the folder of the model",
                hint="copy the model together with its weights",
            )
    return tuple(names)
