"""The stages of a run, as a progress bar sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import crembo_cli as crembo
from crembo_cli.runs.options import Notes

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "sample_models" / "iris.csv"
# Over before two seconds, or of a length that nobody knows: a bar shows the time that passed.
WITHOUT_STEPS = {
    "generating synthetic rows",
    "opening iris_boosting.pkl",
    "opening iris.student.onnx",
    "reading iris.csv",
    "timing the student and the teacher",
}


class Bar(Notes):
    """Keeps the steps of each stage, and the last one that was reported."""

    def __init__(self) -> None:
        super().__init__()
        self.stages: dict[str, list[int]] = {}

    def stage(self, name: str, steps: int) -> Callable[[int], None]:
        """Keep the steps, and what is reported."""
        found = self.stages[name.replace(f"{TABLE.parent}/", "")] = [steps, 0]

        def done(number: int) -> None:
            found[1] = number

        return done


def test_every_long_stage_is_counted_to_its_end(tmp_path: Path) -> None:
    """So that a bar can forecast what remains; in compress and in evaluate."""
    bar = Bar()
    student = tmp_path / "iris.student.onnx"
    crembo.compress(
        TABLE.with_name("iris_boosting.pkl"), TABLE, output=student, synthetic=300, progress=bar
    )
    compressed = dict(bar.stages)
    bar.stages = {}
    crembo.evaluate(student, TABLE, teacher=TABLE.with_name("iris_boosting.pkl"), progress=bar)
    for found in (compressed, bar.stages):
        assert "measuring margins and noise" in found
        named = {name.replace(f"{tmp_path}/", ""): steps for name, steps in found.items()}
        counted = {name: steps for name, steps in named.items() if name not in WITHOUT_STEPS}
        assert all(steps == done > 0 for steps, done in counted.values()), counted
