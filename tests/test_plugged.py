"""Plugins that cannot be used are reported, and disturb nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.in_process import SAMPLES, Ran, crembo
from tests.installed_plugins import Plugged

GOOD = """
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass(frozen=True, kw_only=True)
class Good:
    name: ClassVar[str] = "good"
    summary: ClassVar[str] = "a family with options"
    thresholds: ClassVar[int | None] = 3

    speed: float = field(
        default=0.5, metadata={"help": "How fast.", "minimum": 0.1, "maximum": 2.0}
    )
    shape: str = field(
        default="round", metadata={"help": "Its form.", "choices": ("round", "flat")}
    )
    most: int | None = field(default=None, metadata={"help": "How many.", "minimum": 1})
    loud: bool = field(default=False, metadata={"help": "Whether it is heard."})

    def learner(self, task):
        raise ZeroDivisionError("a defect of the plugin")
"""
# Modules whose import fails, and what is told of it.
BROKEN = {
    "import no_such_package": "ModuleNotFoundError: No module named 'no_such_package'",
    "1 / 0": "ZeroDivisionError: division by zero",
    "raise SystemExit('not today')": "SystemExit: not today",
    "class Good(": "SyntaxError",
    "pass": "AttributeError",
}


def compressed(folder: Path, *options: str) -> Ran:
    """The wine net into a small student."""
    files = (SAMPLES / "wine_mlp.onnx", SAMPLES / "wine.csv", "-o", "s.onnx")
    few = ("--quick-report", "--synthetic", "0", "--thresholds", "2")
    return crembo(folder, "compress", *files, *few, *options)


def test_two_plugins_of_one_name_are_both_named(plugged: Plugged, tmp_path: Path) -> None:
    """The error and the list name both packages, and all other families stay."""
    plugged("one", {"good": "one:Good"}, GOOD)
    plugged("other", {"good": "other:Good"}, GOOD)
    ran = compressed(tmp_path, "--student", "good")
    assert ran.code == 2
    assert "student family 'good' is installed by one and other" in ran.err
    assert "uninstall one of them" in ran.err
    assert not (tmp_path / "s.onnx").exists()
    listed = crembo(tmp_path, "students")
    assert listed.code == 0
    assert "good: not available: student family 'good' is installed by one and other" in listed.out
    assert "\ntree: " in listed.out


def test_a_plugin_may_not_take_a_name_of_ours(plugged: Plugged, tmp_path: Path) -> None:
    """A package that claims `tree` is named beside crembo-cli."""
    plugged("one", {"tree": "one:Good"}, GOOD)
    ran = compressed(tmp_path)
    assert ran.code == 2
    assert "student family 'tree' is installed by crembo-cli and one" in ran.err


@pytest.mark.parametrize("module", BROKEN)
def test_a_plugin_whose_import_fails_stops_nothing_else(
    plugged: Plugged, tmp_path: Path, module: str
) -> None:
    """The list has it, with its package and the error; other families work."""
    plugged("broken", {"good": "broken:Good"}, module)
    listed = crembo(tmp_path, "students")
    assert (listed.code, listed.err) == (0, "")
    assert "cannot be imported from package 'broken'" in listed.out
    assert BROKEN[module] in listed.out
    assert "\ntree: " in listed.out
    as_json = {
        each["name"]: each for each in json.loads(crembo(tmp_path, "students", "--json").out)
    }
    assert "error" in as_json["good"]
    assert "error" not in as_json["tree"]
    asked = compressed(tmp_path, "--student", "good")
    assert asked.code == 2
    assert "reinstall or remove 'broken'" in asked.err


def test_a_run_does_not_import_other_plugins(plugged: Plugged, tmp_path: Path) -> None:
    """A plugin that would end the process is no matter to a run of the tree."""
    plugged("broken", {"good": "broken:Good"}, "raise SystemExit(9)")
    ran = compressed(tmp_path)
    assert (ran.code, (tmp_path / "s.onnx").exists()) == (0, True)


def test_an_entry_point_that_is_not_a_family_is_reported(plugged: Plugged, tmp_path: Path) -> None:
    """A function, a class without the contract's parts, and one of another name are refused."""
    plugged("function", {"good": "function:good"}, "def good(): pass")
    assert "entry point 'good' is not a student family" in crembo(tmp_path, "students").out
    plugged("named", {"better": "named:Good"}, GOOD)
    listed = crembo(tmp_path, "students").out
    assert (
        "better: not available: student family 'better' has another name than its entry point"
        in listed
    )


def test_options_are_listed_with_help_and_range(plugged: Plugged, tmp_path: Path) -> None:
    """Each field of the dataclass with its default, type, range or choices, and help."""
    plugged("one", {"good": "one:Good"}, GOOD)
    listed = crembo(tmp_path, "students").out
    mine = listed[listed.index("good: ") :]
    assert "    path: the soft-label student, and one student for each threshold, at most 3" in mine
    assert "    --set speed=0.5  (a number, 0.1 to 2)\n        How fast.\n" in mine
    assert "    --set shape=round  (round or flat)\n        Its form.\n" in mine
    assert "    --set most=None  (a whole number, at least 1 or none)\n        How many.\n" in mine
    assert "    --set loud=False  (true or false)\n        Whether it is heard.\n" in mine


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("speed=3", "option speed: value out of range; found '3'; wanted a number, 0.1 to"),
        ("speed=fast", "option speed: invalid value; found 'fast'; wanted a number, 0"),
        ("speed=nan", "option speed: value out of range; found 'nan'; wanted a number"),
        ("shape=square", "value out of range; found 'square'; wanted round or flat"),
        ("most=0", "value out of range; found '0'; wanted a whole number, at least 1 or no"),
        ("loud=perhaps", "option loud: invalid value; found 'perhaps'; wanted true or"),
        ("hue=red", "wanted speed or shape or most or loud"),
    ],
)
def test_a_setting_out_of_range_is_refused(
    plugged: Plugged, tmp_path: Path, setting: str, told: str
) -> None:
    """The error names option and family, what was found and what is wanted."""
    plugged("one", {"good": "one:Good"}, GOOD)
    ran = compressed(tmp_path, "--student", "good", "--set", setting)
    assert ran.code == 2
    assert told in " ".join(ran.err.split())


MISTAKES = {
    "raise ZeroDivisionError('a defect of the plugin')": "ZeroDivisionError: a defect of",
    "raise SystemExit(0)": "SystemExit: 0",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_plugin_that_fails_as_it_works_is_to_blame(
    plugged: Plugged, tmp_path: Path, mistake: str
) -> None:
    """Alone it ends the run in one line that names it; beside others it is left out with a note."""
    source = GOOD.replace("raise ZeroDivisionError('a defect of the plugin')", mistake)
    source = source.replace('raise ZeroDivisionError("a defect of the plugin")', mistake)
    plugged("faulty", {"good": "faulty:Good"}, source)
    alone = compressed(tmp_path, "--student", "good")
    assert (alone.code, alone.out) == (2, "")
    assert (
        f"student family 'good' from package 'faulty' failed; found {MISTAKES[mistake]}"
        in alone.err
    )
    assert not (tmp_path / "s.onnx").exists()
    beside = compressed(tmp_path, "--student", "auto", "--max-depth", "2", "--jobs", "1")
    assert beside.code == 0
    assert (
        "not among the candidates: student family 'good' from package 'faulty' failed" in beside.err
    )
    assert (tmp_path / "s.onnx").exists()


@pytest.mark.parametrize(
    ("field_", "told"),
    [
        ("must: int", "has no valid default; found none; wanted a whole number"),
        ("must: float = np.float32(1)", "found np.float32(1.0), a float32; wanted a number"),
    ],
)
def test_an_option_without_a_usable_default_is_reported(
    plugged: Plugged, tmp_path: Path, field_: str, told: str
) -> None:
    """The list stays whole, as text and as JSON."""
    source = "import numpy as np\n" + GOOD.replace(
        "    speed: float", f"    {field_}\n    speed: float"
    )
    plugged("odd", {"good": "odd:Good"}, source)
    listed = crembo(tmp_path, "students")
    assert listed.code == 0
    assert told in listed.out
    found = {each["name"]: each for each in json.loads(crembo(tmp_path, "students", "--json").out)}
    assert told in found["good"]["error"]
    assert "options" in found["tree"]


def test_no_family_can_be_called_auto(plugged: Plugged, tmp_path: Path) -> None:
    """That asks for all of them."""
    plugged("odd", {"auto": "odd:Good"}, GOOD.replace('"good"', '"auto"'))
    assert "auto: not available: 'auto' requests all families" in crembo(tmp_path, "students").out
