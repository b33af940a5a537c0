"""What a pickle of listed names alone may do: build values, and nothing else."""

from __future__ import annotations

import io
import pickle
import pickletools
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression

from crembo_cli.errors import TeacherError
from crembo_cli.teachers.pickles.allowed_names import allowed_names, callable_names
from crembo_cli.teachers.pickles.file import load_pickle

MODEL = b"csklearn.linear_model._logistic\nLogisticRegression\n)\x81"
# Each is a program of listed names that did something of its own under names alone.
REFUSED = {
    "a state that hides predict_proba": (MODEL + b"}Vpredict_proba\nVx\nsb.", "predict_proba"),
    "a state that hides predict": (MODEL + b"}Vpredict\nVx\nsb.", "LogisticRegression.predict"),
    "a special name in a state": (MODEL + b"}V__class__\nVx\nsb.", "__class__"),
    "the state of a class": (
        b"csklearn.linear_model._logistic\nLogisticRegression\n}Vpredict\nVx\nsb.",
        "a change of sklearn",
    ),
    "a patch of the guard itself": (
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n}Vread_array\nVx\nsb.",
        "a change of crembo_cli",
    ),
    "a call of an instance": (MODEL + b")R.", "a call of"),
    "a call of a class": (b"clightgbm.basic\nBooster\n(NNVevil.txt\ntR.", "lightgbm.basic.Booster"),
    "an estimator made by a call": (
        b"csklearn.linear_model._logistic\nLogisticRegression\n)R.",
        "a call of sklearn",
    ),
    "an array of pointers": (b"cnumpy\nndarray\n(I8\ntVO\nC\x08AAAAAAAA\x87R.", "numpy.ndarray"),
    "arguments to __new__": (b"cnumpy\nndarray\n(I8\nt\x85\x81.", "__new__ with arguments"),
    "a method by its name in a state": (
        b"csklearn.ensemble._stacking\nStackingClassifier\n)\x81}Vstack_method_\n(Vtofile\nlsb.",
        "calls the method",
    ),
    "a reconstructor with a base": (
        b"ccopyreg\n_reconstructor\n(cnumpy\nndarray\ncbuiltins\nlist\nNtR.",
        "copyreg._reconstructor",
    ),
    "another codec": (b"c_codecs\nencode\n(Vx\nVzlib\ntR.", "codec"),
    "the extension registry": (b"\x82\x01.", "opcode"),
    "partial": (b"cfunctools\npartial\n.", "functools.partial"),
    "a frozen estimator": (b"csklearn.frozen._frozen\nFrozenEstimator\n.", "FrozenEstimator"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_listed_names_alone_do_nothing_else(case: str, tmp_path: Path) -> None:
    """The refusal names what the file tried; nothing of it was executed."""
    program, named = REFUSED[case]
    pickletools.dis(program, out=io.StringIO())  # it is a whole program
    (tmp_path / "model.pkl").write_bytes(program)
    with pytest.raises(TeacherError, match="no code was executed") as refused:
        load_pickle(tmp_path / "model.pkl", trust=False)
    assert named in str(refused.value)


# Old protocols write an empty text of bytes as a call of bytes without arguments.
UNCALLED = sorted(allowed_names() - callable_names() - {("builtins", "bytes")})


@pytest.mark.parametrize(("module", "name"), UNCALLED)
def test_a_listed_name_that_is_no_reconstructor_cannot_be_called(
    module: str, name: str, tmp_path: Path
) -> None:
    """Whatever it is, REDUCE of it is refused before it runs."""
    (tmp_path / "model.pkl").write_bytes(f"c{module}\n{name}\n)R.".encode())
    with pytest.raises(TeacherError, match=r"a call of|reading|made with other versions|needs the"):
        load_pickle(tmp_path / "model.pkl", trust=False)


def test_a_scorer_in_a_search_is_inert(tmp_path: Path) -> None:
    """A fitted search loads and predicts; the scorer in it can do nothing."""
    import numpy as np
    from sklearn.model_selection import GridSearchCV

    rows = np.random.default_rng(0).normal(size=(40, 2))
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring="accuracy", cv=2)
    search.fit(rows, rows[:, 0] > 0)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(search))
    loaded = load_pickle(tmp_path / "model.pkl", trust=False)
    np.testing.assert_array_equal(loaded.predict_proba(rows), search.predict_proba(rows))
    assert not callable(loaded.scorer_)
