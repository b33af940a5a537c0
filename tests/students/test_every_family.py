"""What holds for every family that is registered, ours and any other's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from crembo_cli.students.contract import Family
from crembo_cli.students.registry import family_class, family_names
from crembo_cli.testing import check_family
from tests import small_teachers
from tests.families import EVERY_FAMILY, FOR_TABLES
from tests.in_process import Ran, crembo
from tests.installed_plugins import Plugged

# Options under which a family is held to the contract; the first of them on the command line.
# Small ones: what is proved here does not hang on how well it fits.
SETTINGS: Mapping[str, list[dict[str, Any]]] = {
    "tree": [{"max_depth": 3}, {"max_depth": 6, "max_leaves": 5}],
    "oblique": [{"max_depth": 2, "max_features": 1}, {"max_depth": 4, "max_features": 5}],
    "rules": [{"max_rules": 4}, {"max_rules": 2, "max_terms": 3}],
    "linear": [{}, {"ridge": 0.0}],
    "additive": [{"knots": 4, "pairs": 3}, {"knots": 4}],
    "mlp": [{"hidden": 8, "steps": 60}],
    "boosted": [{"trees": 4}],
    "net": [{"width": 8, "steps": 30}, {"depth": 1, "steps": 20}],
    "cnn": [{"width": 4, "depth": 2, "steps": 20}],
}


def settings_of(name: str) -> list[dict[str, Any]]:
    """The options to check the family under; fails where none are laid down."""
    if name not in SETTINGS:
        pytest.fail(f"the family {name!r} is registered, and {__name__} has no settings for it")
    return SETTINGS[name]


@pytest.mark.parametrize("name", EVERY_FAMILY)
def test_it_keeps_the_contract(name: str) -> None:
    """Every registered family passes check_family under its settings; one without any fails."""
    for options in settings_of(name):
        check_family(family_class(name)(**options))


def test_a_family_without_settings_fails(plugged: Plugged) -> None:
    """A family that is registered and has no settings here makes the suite fail, by its name."""
    plugged("nobody", {"dummy": "nobody:DummyFamily"}, module="class DummyFamily: pass")
    assert "dummy" in family_names()
    with pytest.raises(pytest.fail.Exception, match="'dummy' is registered"):
        test_it_keeps_the_contract("dummy")


def test_settings_name_installed_families() -> None:
    """No settings are left behind for a family that is gone."""
    assert set(SETTINGS) <= set(family_names())


@pytest.mark.parametrize("name", family_names())
def test_a_family_states_how_many_thresholds_it_can_use(name: str) -> None:
    """`crembo students` says of each family how far the path goes for it."""
    count = family_class(name).thresholds
    told = re.split(r"^(?=\S)", crembo(Path(), "students").out, flags=re.MULTILINE)
    (mine,) = [each for each in told if each.startswith(f"{name}: ")]
    path = "    path: the soft-label student"
    if count != 0:
        path += ", and one student for each threshold"
    if count:
        path += f", at most {count}"
    assert path in mine.splitlines()


TYPES = {"a": "FLOAT", "b": "STRING", "c": "FLOAT"}


def mixed() -> pd.DataFrame:
    """Two numbers and a text, each with missing cells."""
    frame = small_teachers.table(100, 3)
    frame["b"] = np.array(small_teachers.COLOURS, object)[np.arange(100) * 7 % 3]
    frame.loc[::9, "a"] = np.nan
    frame.loc[4::9, "c"] = np.nan
    frame.loc[::11, "b"] = None
    return frame


class Table:
    """A teacher and its table in a folder."""

    def __init__(self, folder: Path, teacher: Path, frame: pd.DataFrame) -> None:
        self.folder, self.teacher, self.frame = folder, teacher, frame
        frame.to_csv(folder / "data.csv", index=False)

    def student(self, name: str, *more: str) -> tuple[Ran, bytes]:
        """What a run said, and the bytes of the student that it wrote."""
        options = [f"--set={key}={value}" for key, value in settings_of(name)[0].items()]
        ran = crembo(
            self.folder,
            *("compress", self.teacher, "data.csv", "--student", name, *options),
            *("--synthetic", "150", "--thresholds", "4", "--quick-report"),
            *("-o", "student.onnx", "--json", *more),
        )
        assert (ran.code, "") == (0, "".join(re.findall("(?m)^(?!crembo: note: ).*", ran.err)))
        return ran, (self.folder / "student.onnx").read_bytes()


@pytest.fixture(scope="module", params=["numbers", "text and missing cells"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """A table of numbers, and one of numbers and text with holes."""
    folder = tmp_path_factory.mktemp("table")
    if request.param == "numbers":
        return Table(
            folder, small_teachers.teacher(folder / "teacher.onnx"), small_teachers.table(100)
        )
    inputs = [(name, type_, (None, 1)) for name, type_ in TYPES.items()]
    return Table(
        folder, small_teachers.teacher(folder / "teacher.onnx", inputs, holes=True), mixed()
    )


@pytest.mark.parametrize("name", FOR_TABLES)
def test_it_works_from_the_command_line(name: str, table: Table) -> None:
    """On numbers, and on text with missing cells: replayed, and the same bytes a second time."""
    ran, first = table.student(name, "--jobs", "1")
    _, second = table.student(name, "--jobs", "2")
    assert first == second
    session = onnxruntime.InferenceSession(first)
    labels, probabilities = session.run(None, inputs_of(session, table.frame))
    assert len(set(labels)) > 1
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert '"family": "' + name + '"' in ran.out


def inputs_of(session: Any, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The table as the model takes it: one matrix, or one input a column."""
    names = [each.name for each in session.get_inputs()]
    if names == ["X"]:
        return {"X": frame.drop(columns="target").to_numpy(np.float32)}
    texts = {each.name for each in session.get_inputs() if each.type == "tensor(string)"}
    return {
        name: (
            frame[[name]].fillna("").to_numpy(object)
            if name in texts
            else frame[[name]].to_numpy(np.float32)
        )
        for name in names
    }


def families() -> Iterator[type[Family]]:
    """The families that are registered."""
    return map(family_class, family_names())


def test_every_option_has_help_and_a_range() -> None:
    """`crembo students` shows each option of each family with its default, range and help."""
    listed = crembo(Path(), "students").out
    for family in families():
        for option in fields(family):  # type: ignore[arg-type]
            assert f"--set {option.name}={option.default}  (" in listed
            assert option.metadata["help"] in listed
