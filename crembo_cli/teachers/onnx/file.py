"""An ONNX file, in the child process: parsed, and opened in onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crembo_cli.errors import TeacherError

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession


def read_model(path: Path) -> ModelProto:
    """The model's graph, without weights that lie beside it.

    Raises:
        TeacherError: the file is no ONNX model, or a part of one.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped] # no types

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        begins = path.read_bytes()[:1] == b"\x08"  # the tag of ir_version, the first field
        raise TeacherError(
            "the file begins as an ONNX model and is damaged: it may be cut short"
            if begins
            else "not an ONNX model",
            found=f"{path.stat().st_size} bytes that cannot be parsed",
            wanted="an ONNX model",
        ) from error
    if not model.graph.output:
        raise TeacherError("not an ONNX model", found="no graph with outputs in it")
    return model


def open_session(path: str) -> InferenceSession:
    """A session that computes each run on one thread.

    On several, onnxruntime sums a forest's trees in another order for each number of threads,
    and the beliefs would differ in their last digits. Runs may go side by side all the same.
    Opened by path, so that onnxruntime finds weights that lie beside the model (and refuses
    those that a "../" points to).

    Raises:
        TeacherError: onnxruntime cannot run the model; the message is its own.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as error:  # its classes share no base but Exception
        raise TeacherError(f"onnxruntime cannot open the model: {error}") from error


def files_beside(model: ModelProto, folder: Path) -> tuple[str, ...]:
    """The names of the files in `folder`, the model's, that hold its weights; sorted.

    onnxruntime refuses files elsewhere only for weights that the graph uses, so that all of
    them are checked here, before anybody reads them.

    Raises:
        TeacherError: a file outside the folder, or one that is not there.
    """
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    tensors = [each for each in model.graph.initializer if uses_external_data(each)]
    names = sorted({ExternalDataInfo(each).location for each in tensors})
    inside = folder.resolve()
    for name in names:
        path = (inside / name).resolve()
        if not path.is_relative_to(inside) or not path.is_file():
            raise TeacherError(
                "the model's weights lie in a file that is not there, or outside its folder",
                found=repr(name),
                wanted="a file in the model's own folder",
                hint="copy the model together with its weights",
            )
    return tuple(names)
