"""Files that would run code: none of it may even begin, whatever way it hides."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pickle
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from crembo_cli.commands.app import run
from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.estimator import load_estimator
from crembo_cli.teachers.pickles.file import load_pickle
from crembo_cli.teachers.pickles.guard.allowed_names import allowed_names
from crembo_cli.teachers.pickles.guard.reconstructors import CALLS

REFUSED = "not on the allow-list; no code was executed"
LIMIT = 20.0  # seconds that any one file may take
ROWS = np.eye(4)

Writer = Callable[[Path, Path], Any]


class Calls:
    """An object whose pickle calls a function with arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that hostile files create if anything of them runs."""
    return tmp_path / "ran"


def touch(marker: Path) -> Calls:
    """An object whose pickle creates the marker."""
    return Calls(os.system, f"touch {marker}")


def fitted(**attributes: Any) -> LogisticRegression:
    """A classifier, into which more attributes were smuggled."""
    model = LogisticRegression().fit(ROWS, [0, 1, 0, 1])
    vars(model).update(attributes)
    return model


def value(plain: Any) -> bytes:
    """The opcodes of a plain value."""
    return pickle.dumps(plain, 2)[2:-1]


def name(module: str, attribute: str) -> bytes:
    """The opcodes that look a name up, as protocol 4 does, which takes dots for attributes."""
    return value(module) + value(attribute) + b"\x93"


def call(function: bytes, *arguments: bytes) -> bytes:
    """The opcodes of REDUCE."""
    return function + b"(" + b"".join(arguments) + b"tR"


def instance(kind: bytes, *arguments: bytes) -> bytes:
    """The opcodes of NEWOBJ."""
    return kind + b"(" + b"".join(arguments) + b"t\x81"


def mapping(**items: bytes) -> bytes:
    """The opcodes of a dict with keys of text."""
    return b"}(" + b"".join(value(key) + each for key, each in items.items()) + b"u"


def whole(body: bytes) -> bytes:
    """A pickle of protocol 4."""
    return b"\x80\x04" + body + b"."


def pickled(build: Callable[[Path], Any]) -> Writer:
    """Writes the pickle of what `build` makes around the marker."""
    return lambda path, marker: path.write_bytes(pickle.dumps(build(marker)))


def raw(build: Callable[[Path], bytes]) -> Writer:
    """Writes a pickle of opcodes that `build` puts together around the marker."""
    return lambda path, marker: path.write_bytes(whole(build(marker)))


def in_joblib_array(marker: Path) -> Any:
    """joblib writes an array of objects as a pickle of its own, which it reads by itself."""
    array = np.empty(1, dtype=object)
    array[0] = touch(marker)
    return fitted(extra=array)


def by_name(text: bytes) -> Writer:
    """A pickle written by hand, whose %s is the marker's path."""
    return lambda path, marker: path.write_bytes(text.replace(b"%s", str(marker).encode()))


SYSTEM = name("os", "system")
FORMER = {
    **{
        f"protocol {number}": (
            lambda path, marker, number=number: path.write_bytes(
                pickle.dumps(touch(marker), number)
            )
        )
        for number in range(6)
    },
    "in an estimator": pickled(lambda marker: fitted(extra={"deep": [touch(marker)]})),
    "in joblib's array": lambda path, marker: joblib.dump(in_joblib_array(marker), path),
    "compressed": lambda path, marker: joblib.dump(
        in_joblib_array(marker), path, compress=("xz", 3)
    ),
    "the old opcode INST": by_name(b"(S'touch %s'\nios\nsystem\n."),
    "the old opcode OBJ": by_name(b"(cos\nsystem\nS'touch %s'\no."),
    "INST of a listed class": by_name(b"(isklearn.pipeline\nPipeline\n."),
    "numpy.testing": by_name(
        b'cnumpy.testing._private.utils\nrunstring\n(S\'open("%s", "w")\'\n(dtR.'
    ),
    "eval": by_name(b'cbuiltins\neval\n(S\'open("%s", "w")\'\ntR.'),
    "getattr": by_name(b"cbuiltins\ngetattr\n(cbuiltins\nobject\nS'mro'\ntR."),
    "a ufunc by name": by_name(
        b"cnumpy._core\n_ufunc_reconstruct\n(S'os'\nS'system'\ntR(S'touch %s'\ntR."
    ),
    "partial": by_name(b"cfunctools\npartial\n(cos\nsystem\nS'touch %s'\ntR)R."),
    "a name of Python 2": by_name(b"c__builtin__\nexecfile\n(S'%s'\ntR."),
}

NAMES = [
    "builtins.exec",
    "builtins.open",
    "builtins.__import__",
    "builtins.type",
    "builtins.compile",
    "posix.system",
    "nt.system",
    "subprocess.Popen",
    "os.popen",
    "pty.spawn",
    "shutil.rmtree",
    "runpy.run_path",
    "operator.attrgetter",
    "operator.methodcaller",
    "importlib.import_module",
    "pickle.loads",
    "ctypes.CDLL",
    "types.FunctionType",
    "types.CodeType",
    "code.interact",
    "timeit.timeit",
    "pydoc.locate",
    "webbrowser.open",
    "socket.socket",
    "numpy.load",
    "numpy.fromfile",
    "numpy.memmap",
    "numpy.lib.format.open_memmap",
    "pandas.read_pickle",
    "pandas.eval",
    "pandas.io.pickle.read_pickle",
    "joblib.numpy_pickle.load",
    "joblib.memory.Memory",
    "joblib.numpy_pickle_compat.ZNDArrayWrapper",
    "sklearn.datasets._base.load_files",
    "sklearn.utils._joblib.load",
    "sklearn.metrics._dist_metrics.PyFuncDistance64",
    "scipy.stats._distn_infrastructure.rv_continuous_frozen",
    "numpy.f2py.compile",
    "logging.FileHandler",
    "xgboost.core.Booster.load_model",
    "crembo_cli.files.Path",
    "sys.exit",
    "copyreg.add_extension",
]

DOTTED = [
    ("sklearn.utils", "os.system"),
    ("sklearn.linear_model._logistic", "LogisticRegression.fit"),
    ("sklearn.linear_model._logistic", "LogisticRegression.__init__.__globals__"),
    ("numpy", "ndarray.tofile"),
    ("numpy", "ndarray.dump"),
    ("numpy", "lib.npyio.load"),
    ("builtins", "object.__subclasses__"),
    ("builtins", "str.format"),
    ("xgboost.core", "Booster.save_model"),
    ("lightgbm.basic", "Booster.save_model"),
    ("catboost.core", "CatBoost.save_model"),
    ("sklearn.tree._tree", "Tree.__setstate__"),
    ("crembo_cli.teachers.pickles.file", "GuardedUnpickler"),
    ("crembo_cli.teachers.pickles.guard.model_parts", "StandIn"),
]

POINTERS = {
    "an array of objects from bytes": call(
        name("numpy", "ndarray"), value((8,)), value("O"), value(b"A" * 64)
    ),
    "the state of an array of objects from bytes": call(
        name("numpy._core.multiarray", "_reconstruct"),
        name("numpy", "ndarray"), value((0,)), value(b"b"),
    )
    + b"(K\x01" + value((8,)) + call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88")
    + b"\x89" + value(b"A" * 64) + b"tb",
    "objects from a buffer": call(
        name("numpy._core.numeric", "_frombuffer"),
        call(name("builtins", "bytearray"), value(b"A" * 64)),
        call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88"), value((8,)), value("C"),
    ),
    "an object as a scalar": call(
        name("numpy._core.multiarray", "scalar"),
        call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88"), value(b"A" * 8),
    ),
    "a subclass of arrays": call(
        name("numpy._core.multiarray", "_reconstruct"),
        name("numpy", "memmap"), value((0,)), value(b"b"),
    ),
    "offsets of pyarrow": call(
        name("pyarrow.lib", "_restore_array"),
        b"(" + call(name("pyarrow.lib", "type_for_alias"), value("string"))
        + value(1) + value(0) + value(0) + b"](N"
        + call(name("pyarrow.lib", "py_buffer"), value(b"\0\0\0\0\xff\xff\xff\x7f"))
        + call(name("pyarrow.lib", "py_buffer"), value(b"abc")) + b"e]Nt",
    ),
    "a list of pyarrow": call(name("pyarrow.lib", "type_for_alias"), value("list")),
    "more objects than there are": call(
        name("numpy._core.multiarray", "_reconstruct"),
        name("numpy", "ndarray"), value((0,)), value(b"b"),
    )
    + b"(K\x01" + value((2**40,)) + call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88")
    + b"\x89](K\x01etb",
    "a state of a number": value(5) + value({"a": 1}) + b"b",
    "a state of a value": name("numpy", "float64") + value({"a": 1}) + b"b",
    "a state of a class": name("sklearn.pipeline", "Pipeline") + value({"fit": 1}) + b"b",
    "a second state": instance(name("sklearn.pipeline", "Pipeline"))
    + value({"a": 1}) + b"b" + value({"a": 1}) + b"b",
    "items into an estimator": instance(name("sklearn.pipeline", "Pipeline"))
    + b"(" + value("a") + value(1) + b"u",
    "an item into an array": call(
        name("numpy._core.multiarray", "_reconstruct"),
        name("numpy", "ndarray"), value((0,)), value(b"b"),
    )
    + value(0) + value(1) + b"s",
    "values appended to an estimator": instance(name("sklearn.pipeline", "Pipeline")) + b"(K\x01e",
    "a key that is an estimator": b"}" + instance(name("sklearn.pipeline", "Pipeline")) + b"K\x01s",
    "a member that is an estimator": b"\x8f("
    + instance(name("sklearn.pipeline", "Pipeline")) + b"\x90",
    "extension 1": b"\x82\x01",
    "extension 2": b"\x83\x01\x00",
    "extension 4": b"\x84\x01\x00\x00\x00",
    "a persistent id": value("/etc/passwd") + b"Q",
    "a persistent id in text": b"P/etc/passwd\n",
    "NEWOBJ_EX": name("sklearn.pipeline", "Pipeline") + b")}\x92",
    "a buffer out of band": b"\x97",
    "a booster from a file": call(
        name("lightgbm.basic", "Booster"), value(None), value(None), value("/etc/passwd")
    ),
    "NEWOBJ with arguments": instance(name("xgboost.core", "Booster"), value("/etc/passwd")),
    "a booster with a pointer": instance(name("lightgbm.basic", "Booster"))
    + value({"_handle": 4919}) + b"b",
    "another booster with a pointer": instance(name("xgboost.core", "Booster"))
    + value({"handle": 4919}) + b"b",
    "a random generator past its end": call(
        name("numpy.random._pickle", "__randomstate_ctor"), value("MT19937")
    )
    + value({"bit_generator": "MT19937", "state": {"key": None, "pos": 10**9}}) + b"b",
    "partial of a method": call(name("functools", "partial"), name("numpy", "log1p")),
    "a type that grows after a joblib array was made of it": call(
        name("numpy", "dtype"), value("V8"), b"\x89", b"\x88"
    )
    + b"q\x010" + instance(name("joblib.numpy_pickle", "NumpyArrayWrapper"))
    + mapping(shape=value((4,)), dtype=b"h\x01", order=value("C")) + b"b" + b"A" * 32
    + b"h\x01(K\x03" + value("|") + b"NNN" + value(4096) + value(1) + value(0) + b"tb",
    "a type of a negative size": call(name("numpy", "dtype"), value("V8"), b"\x89", b"\x88")
    + b"(K\x03" + value("|") + b"NNN" + value(-8) + value(1) + value(0) + b"tb",
    "a Philox generator before its buffer": call(
        name("numpy.random._pickle", "__bit_generator_ctor"), value("Philox")
    )
    + mapping(bit_generator=value("Philox"), buffer_pos=value(-9), state=value({"a": 1})) + b"b",
    "a key that is an estimator, by DICT": b"("
    + instance(name("sklearn.pipeline", "Pipeline")) + b"K\x01d",
    "a method of a booster shadowed": instance(name("xgboost.core", "Booster"))
    + mapping(handle=b"N", predict=value(1)) + b"b",
    "a method of another booster shadowed": instance(name("lightgbm.basic", "Booster"))
    + mapping(_handle=b"N", predict=value(1)) + b"b",
    "a tree without its numbers": instance(name("sklearn.tree._tree", "Tree")),
    "arrays in arrays of joblib without end": (
        instance(name("joblib.numpy_pickle", "NumpyArrayWrapper"))
        + mapping(
            shape=value((1,)),
            dtype=call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88"),
            order=value("C"),
        )
        + b"b"
    ) * 2000,
    "a factory that is an estimator": call(
        name("collections", "defaultdict"), name("sklearn.pipeline", "Pipeline")
    ),
}  # fmt: skip


def gadget(**state: bytes) -> bytes:
    """A classifier with attributes of the file's choosing."""
    return instance(name("sklearn.linear_model._logistic", "LogisticRegression")) + (
        mapping(**state) + b"b"
    )


GADGETS = {
    **{
        f"{attribute} shadowed": gadget(**{attribute: name("numpy", "log1p")})
        for attribute in sorted(
            {each for each in dir(LogisticRegression) if not each.startswith("_abc")}
        )
    },
    "a function as a parameter": gadget(C=name("numpy", "log1p")),
    "a type as a parameter": gadget(C=name("builtins", "list")),
    "a class as a parameter": gadget(C=name("sklearn.pipeline", "Pipeline")),
    "a call as a parameter": gadget(C=name("numpy", "dtype")),
    "a metric as a parameter": gadget(C=name("sklearn.metrics._classification", "f1_score")),
    "a class in an array": gadget(
        C=call(
            name("numpy._core.multiarray", "_reconstruct"),
            name("numpy", "ndarray"), value((0,)), value(b"b"),
        )
        + b"(K\x01" + value((1,))
        + call(name("numpy", "dtype"), value("O8"), b"\x89", b"\x88")
        + b"\x89](" + name("sklearn.pipeline", "Pipeline") + b"etb",
    ),
    "a file to be read": instance(
        name("sklearn.feature_extraction.text", "CountVectorizer")
    ) + mapping(input=value("filename")) + b"b",
    "a method to be called": instance(
        name("sklearn.ensemble._stacking", "StackingClassifier")
    ) + mapping(stack_method_=value(["tofile"])) + b"b",
    "a method to be called, as text of numpy": instance(
        name("sklearn.ensemble._stacking", "StackingClassifier")
    ) + mapping(
        stack_method_=b"]" + call(
            name("numpy._core.multiarray", "scalar"),
            call(name("numpy", "dtype"), value("U6"), b"\x89", b"\x88")
            + b"(K\x03" + value("<") + b"NNN" + value(24) + value(4) + value(8) + b"tb",
            value("tofile".encode("utf-32-le")),
        ) + b"a"
    ) + b"b",
    "private attributes to be fetched": instance(
        name("sklearn.feature_selection._from_model", "SelectFromModel")
    ) + mapping(importance_getter=value("__class__.__init__.__globals__")) + b"b",
    "a function that lies where it may, and elsewhere too": instance(
        name("sklearn.preprocessing._function_transformer", "FunctionTransformer")
    ) + mapping(func=name("numpy", "log1p"), validate=name("numpy", "log1p")) + b"b",
    "a method of a chain": instance(
        name("sklearn.multioutput", "ClassifierChain")
    ) + mapping(chain_method_=value("save_model")) + b"b",
    "a frozen array": instance(
        name("sklearn.frozen._frozen", "FrozenEstimator")
    ) + mapping(estimator=value([1])) + b"b",
    "a state that is not a dict": instance(name("sklearn.pipeline", "Pipeline"))
    + value(({}, {"fit": 1})) + b"b",
    "an attribute that is not text": instance(name("sklearn.pipeline", "Pipeline"))
    + value({1: 2}) + b"b",
    "a function filled in later": instance(name("sklearn.pipeline", "Pipeline"))
    + b"}(" + value("steps") + b"]q\x09u" + b"b" + b"h\x09" + name("numpy", "log1p") + b"a0",
}  # fmt: skip

HOSTILE: dict[str, Writer] = {
    **FORMER,
    **{
        f"{each} by {way}": raw(
            lambda marker, each=each, way=way: call(
                name(*each.rsplit(".", 1))
                if way == "STACK_GLOBAL"
                else b"c" + "\n".join(each.rsplit(".", 1)).encode() + b"\n",
                value(f"touch {marker}"),
            )
        )
        for each in NAMES
        for way in ("STACK_GLOBAL", "GLOBAL")
    },
    **{
        f"{module} {path}": raw(lambda _, each=(module, path): call(name(*each)))
        for module, path in DOTTED
    },
    **{
        f"a call of {each}": raw(
            lambda marker, each=each: call(name(*each), value(str(marker)), value(str(marker)))
        )
        for section in ("instances", "values")
        for each in sorted(allowed_names(section))
        if each not in CALLS
    },
    **{kind: raw(lambda _, body=body: body) for kind, body in (POINTERS | GADGETS).items()},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_of_a_hostile_file_runs(kind: str, tmp_path: Path, marker: Path) -> None:
    """Whatever way the code hides in a file, the file is refused, and leaves no trace."""
    path = tmp_path / "hostile.pkl"
    HOSTILE[kind](path, marker)
    started = time.monotonic()
    with pytest.raises(TeacherError, match="no code was executed"):
        load_pickle(path, trust=False)
    assert not marker.exists()
    assert time.monotonic() - started < LIMIT
    path.write_bytes(zlib.compress(path.read_bytes()))  # as joblib compresses
    with pytest.raises(TeacherError):
        load_pickle(path, trust=False)
    assert not marker.exists()


def calls_with(each: Any, marker: Path) -> Iterator[bytes]:
    """Calls of one reconstructor with arguments that it never gets."""
    path = value(str(marker))
    system = call(SYSTEM, value(f"touch {marker}"))
    estimator = instance(name("sklearn.pipeline", "Pipeline"))
    for arguments in ((path,), (path, path), (estimator,), (estimator, path, path), (system,)):
        yield call(name(*each), *arguments)
    yield call(name(*each), *[value(-1)] * 5)


@pytest.mark.parametrize("each", sorted(CALLS), ids=str)
def test_no_reconstructor_takes_what_it_does_not_know(
    each: Any, tmp_path: Path, marker: Path
) -> None:
    """A call that is allowed is refused, or makes something plain, whatever its arguments."""
    path = tmp_path / "hostile.pkl"
    for body in calls_with(each, marker):
        path.write_bytes(whole(body))
        message = ""
        try:
            made = load_pickle(path, trust=False)
        except TeacherError as error:
            made, message = None, str(error)
        assert not hasattr(made, "predict")
        assert "cut short" not in message
        assert not marker.exists()


BOMBS = {
    "a million marks": b"(" * 10**6,
    "a list in a list in a list": b"]" * 10**5 + b"a" * (10**5 - 1),
    "tuples that double": b")" + b"2\x86" * 60 + b"q\x00",
    "dicts that double": b"}" + b"".join(b"}(K\x01h\x00K\x02h\x00uq\x00" for _ in range(60)),
    "a long number": b"\x8b" + (10**6).to_bytes(4, "little") + b"\x7f" * 10**6,
    "a longer text than there is": b"\x8d" + (2**40).to_bytes(8, "little") + b"a",
    "a list that holds itself": b"]q\x00h\x00a",
    "a memo far away": b"Kar\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_ends_within_its_limit(kind: str, tmp_path: Path) -> None:
    """Files that grow beyond measure end in an error, or in a plain object, in time."""
    path = tmp_path / "bomb.pkl"
    path.write_bytes(whole(BOMBS[kind]))
    started = time.monotonic()
    with contextlib.suppress(TeacherError, MemoryError):
        load_pickle(path, trust=False)
    assert time.monotonic() - started < LIMIT


def node(loader: str, module: str, kind: str, **more: Any) -> dict[str, Any]:
    """A node of a .skops schema."""
    return {"__class__": kind, "__module__": module, "__loader__": loader, **more}


def text(content: Any) -> dict[str, Any]:
    """A node of plain content."""
    return node("JsonNode", "builtins", "str", content=json.dumps(content), is_json=True)


def items(**content: Any) -> dict[str, Any]:
    """A node of a dict with keys of text."""
    kinds = [node("TypeNode", "builtins", "str")] * len(content)
    keys = node("ListNode", "builtins", "list", content=kinds)
    return node("DictNode", "builtins", "dict", key_types=keys, content=content)


def tuple_of(*content: Any) -> dict[str, Any]:
    """A node of a tuple."""
    return node("TupleNode", "builtins", "tuple", content=list(content))


def skops_model(**attributes: Any) -> dict[str, Any]:
    """A node of a classifier with attributes of the file's choosing."""
    module = "sklearn.linear_model._logistic"
    return node("ObjectNode", module, "LogisticRegression", content=items(**attributes))


def skops_nodes(marker: Path) -> dict[str, Any]:
    """Hostile schemas."""
    command = tuple_of(text(f"touch {marker}"))
    system = node("FunctionNode", "os", "system")
    return {
        "a function": skops_model(C=system),
        "a type": skops_model(C=node("TypeNode", "subprocess", "Popen")),
        "a listed type elsewhere": skops_model(C=node("TypeNode", "builtins", "list")),
        "a shadowed method": skops_model(predict_proba=text(1)),
        "a class set": skops_model(__class__=text(1)),
        "a method": node(
            "MethodNode", "sklearn.linear_model._logistic", "LogisticRegression",
            content={"func": "fit", "obj": skops_model()},
        ),
        "a partial": node(
            "PartialNode", "functools", "partial",
            content={"func": system, "args": command, "kwds": items(), "namespace": text(None)},
        ),
        "a function of operator": node(
            "OperatorFuncNode", "operator", "methodcaller", attrs=command
        ),
        "a constructor": node("ConstructorFromReduceNode", "os", "system", content=command),
        "a constructor of a class": node(
            "ConstructorFromReduceNode", "lightgbm.basic", "Booster", content=command
        ),
        "a loss": node("LossNode", "os", "system", __reduce__={"args": command}, content=items()),
        "a bit generator": node(
            "RandomGeneratorNode", "numpy.random", "Generator",
            content={"bit_generator": items(bit_generator=text("seed")), "seed_seq": items()},
        ),
        "a number by a function": node("NdArrayNode", "os", "system", type="json",
                                       content=[system], shape=tuple_of(text(1))),
        "an old protocol": {**skops_model(C=system), "protocol": 0},
        "a list of another class": node("ListNode", "subprocess", "Popen", content=[text("true")]),
        "a dict of another class": {**items(), "__module__": "os", "__class__": "system"},
        "a loader of its own": node("__init__Node", "os", "system"),
        "a tree": node("TreeNode", "sklearn.tree._tree", "Tree",
                       __reduce__={"args": command}, content=items()),
        "a scorer that calls": skops_model(
            scorer=node("FunctionNode", "sklearn.metrics._classification", "f1_score")
        ),
        "a schema too deep": json.loads("[" * 900 + "]" * 900),
    }  # fmt: skip


@pytest.mark.parametrize("kind", skops_nodes(Path()))
def test_nothing_of_a_hostile_skops_file_runs(kind: str, tmp_path: Path, marker: Path) -> None:
    """The same refusals for a schema, which names classes, functions and states as well."""
    path = tmp_path / "hostile.skops"
    schema = skops_nodes(marker)[kind]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(TeacherError):
        load_estimator(str(path), "skops", trust=False)
    assert not marker.exists()


THROUGH_THE_COMMAND = ("protocol 4", "in an estimator", "partial", "offsets of pyarrow",
                       "predict_proba shadowed", "a booster from a file")  # fmt: skip


@pytest.mark.started
@pytest.mark.parametrize("kind", THROUGH_THE_COMMAND)
def test_the_command_refuses_a_hostile_file(
    kind: str, tmp_path: Path, marker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through the whole way the answer is exit code 2 and one line."""
    path = tmp_path / "hostile.pkl"
    HOSTILE[kind](path, marker)
    assert run(["inspect", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no code was executed" in said
    assert not marker.exists()


def test_honest_models_with_stand_ins_still_answer(tmp_path: Path) -> None:
    """What is left out of a file is nothing that a prediction needs."""
    stack = StackingClassifier([("a", GaussianNB())], LogisticRegression(), cv=2)
    model = make_pipeline(StandardScaler(), stack).fit(ROWS.repeat(3, 0), [0, 1, 0, 1] * 3)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    loaded = load_pickle(path, trust=False)
    np.testing.assert_array_equal(loaded.predict_proba(ROWS), model.predict_proba(ROWS))


def test_a_trusted_file_runs_its_code(tmp_path: Path, marker: Path) -> None:
    """--trust-pickle does what its name says: the tests above would see a marker."""
    path = tmp_path / "trusted.pkl"
    path.write_bytes(pickle.dumps(touch(marker)))
    assert load_pickle(path, trust=True) == 0
    assert marker.exists()


def test_the_refused_name_is_reported(tmp_path: Path, marker: Path) -> None:
    """The message names what the file refers to."""
    path = tmp_path / "hostile.pkl"
    path.write_bytes(pickle.dumps(touch(marker)))
    with pytest.raises(TeacherError, match=rf"found {os.system.__module__}\.system"):
        load_pickle(path, trust=False)


def test_the_list_holds_at_least_150_files() -> None:
    """The files of this module are many; each name that they call is one that exists."""
    assert len(HOSTILE) >= 150
    assert importlib.import_module("os").system is os.system


def test_the_state_of_a_distribution_is_not_executed(tmp_path: Path) -> None:
    """scipy.stats passes a part of its pickled state to exec, so its classes are refused."""
    from scipy.stats import loguniform

    path = tmp_path / "search.pkl"
    path.write_bytes(pickle.dumps(fitted(param_distributions={"C": loguniform(0.1, 10)})))
    with pytest.raises(TeacherError, match=r"scipy\.stats"):
        load_pickle(path, trust=False)


LYING = {
    "objects called numbers": ("O8", (3, "|", None, None, None, -1, -1, 0)),
    "a record of objects": (
        "V16",
        (3, "|", None, ("a", "b"), {"a": (np.dtype("O"), 0), "b": (np.dtype("i8"), 0)}, 16, 1, 63),
    ),
    "a field outside the record": (
        "V8",
        (3, "|", None, ("a",), {"a": (np.dtype("i8"), 4096)}, 8, 1, 0),
    ),
}


class Lying:
    """A dtype whose pickled state is of our making."""

    def __init__(self, kind: str, state: Any) -> None:
        self.parts = np.dtype, (kind, False, True), state

    def __reduce__(self) -> Any:
        return self.parts


@pytest.mark.parametrize("kind", LYING)
def test_a_dtype_that_hides_pointers_is_refused(kind: str, tmp_path: Path) -> None:
    """Raw bytes of the file must never be taken for pointers to objects."""
    path = tmp_path / "forged.pkl"
    path.write_bytes(pickle.dumps(Lying(*LYING[kind])))
    with pytest.raises(TeacherError, match="a numpy dtype that hides pointers"):
        load_pickle(path, trust=False)
