"""The allow-list itself."""

from __future__ import annotations

import importlib
import warnings

import pytest
from sklearn.utils import all_estimators

from crembo_cli.teachers.pickles.guard.allowed_names import Name, allowed_names, not_allowed
from crembo_cli.teachers.pickles.guard.reconstructors import CALLS, INSTANCES

OPTIONAL = ("xgboost", "lightgbm", "catboost")
SECTIONS = ("instances", "values", "stand-ins")
LISTED = frozenset().union(*map(allowed_names, SECTIONS))


def test_every_name_exists() -> None:
    """No name is misspelt or gone, so that the list holds nothing that nobody could check."""
    for module, name in sorted({*LISTED, *CALLS, *INSTANCES}):
        if module.partition(".")[0] in OPTIONAL:
            pytest.importorskip(module.partition(".")[0])
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"


def test_every_estimator_of_scikit_learn_is_listed() -> None:
    """A new version of scikit-learn whose classes the list lacks fails here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # modules that all_estimators imports may be deprecated
        there = {(cls.__module__, cls.__name__) for _, cls in all_estimators()}
    assert {Name(*each) for each in there} - LISTED - set(INSTANCES) == set()


@pytest.mark.parametrize(
    "name",
    [
        "builtins.eval",
        "builtins.exec",
        "builtins.getattr",
        "builtins.open",
        "builtins.__import__",
        "builtins.type",
        "functools.reduce",
        "numpy.ndarray.tofile",
        "sklearn.metrics._scorer._Scorer.__call__",
        "os.system",
        "posix.system",
        "subprocess.Popen",
        "operator.attrgetter",
        "operator.methodcaller",
        "numpy.load",
        "numpy.fromfile",
        "numpy.memmap",
        "numpy.testing._private.utils.runstring",
        "numpy._core._ufunc_reconstruct",
        "numpy.core._ufunc_reconstruct",
        "joblib.numpy_pickle.load",
        "joblib.numpy_pickle_compat.ZNDArrayWrapper",
        "joblib.memory.Memory",
        "pandas.read_pickle",
        "pandas.eval",
        "pandas.io.pickle.read_pickle",
        "scipy.stats._distn_infrastructure.rv_continuous_frozen",
        "scipy.stats._continuous_distns.reciprocal_gen",
        "sklearn.utils._joblib.load",
        "sklearn.datasets._base.load_files",
        "sklearn.metrics._dist_metrics.PyFuncDistance64",
        "xgboost.core.Booster.load_model",
        "pickle.loads",
        "importlib.import_module",
        "runpy.run_path",
        "types.FunctionType",
        "ctypes.CDLL",
    ],
)
def test_names_that_run_or_read_are_not_listed(name: str) -> None:
    """What executes, imports by name or reads other files can never be on the list."""
    module, _, last = name.rpartition(".")
    assert Name(module, last) not in {*LISTED, *CALLS, *INSTANCES}


def test_the_refusal_names_the_way_out() -> None:
    """Whoever trusts the file learns how to load it, and what that does."""
    message = str(not_allowed("posix.system"))
    assert "found posix.system" in message
    assert "use --trust-pickle, which runs the file's code" in message
    assert "no code was executed" in message
