"""What the families `cnn` and `net` share: their options, and the import of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from crembo_cli.errors import StudentError
from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.scored.softmax import as_targets

if TYPE_CHECKING:
    from torch import nn

EPOCHS = 16  # no more rounds of all rows than this, so that few rows are not learned by heart,
FEWEST_STEPS = 300  # but this many steps
NEXT_SHARE = 4  # from a given start, 1/4 of the steps of a new net
NEXT_RATE = 0.2  # and this share of the learning rate

S = TypeVar("S", bound=Student)


@dataclass(frozen=True, kw_only=True)
class TrainedFamily:
    """The options of a family whose nets torch trains."""

    steps: int = field(
        default=4000,
        metadata={
            "help": "Maximum number of training steps.",
            "minimum": 1,
            "maximum": 1_000_000,
        },
    )

    def __post_init__(self) -> None:
        if find_spec("torch") is None:
            raise StudentError(
                f"family {getattr(self, 'name', '')!r} needs torch, which is not installed",
                hint="pip install 'crembo-cli[torch]'",
            )


def device_of(task: Task) -> str:
    """The device to train on: "cpu" or "cuda". Raises StudentError where there is no CUDA."""
    if task.device == "cpu":
        return "cpu"
    import torch

    there = torch.cuda.is_available()
    if task.device == "cuda" and not there:
        raise StudentError(
            "CUDA is not available to torch", where="--device cuda", hint="use --device cpu"
        )
    return "cuda" if there else "cpu"


def train_net(
    module: nn.Module,
    inputs: Callable[[Floats], Floats],
    rows: Floats,
    goals: Floats,
    task: Task,
    steps: int,
    *,
    started: bool,
    batch: int,
    learning_rate: float,
) -> nn.Module:
    """Train `module` to `goals` (n, c), rewards of `rows` (n, p), which it reads as `inputs`.

    A net that is `started` is trained further, to labels that are allowed, at temperature 1.
    """
    from crembo_cli.students.nets.training import TrainingSettings, train

    steps = min(steps, max(FEWEST_STEPS, EPOCHS * len(rows) // batch))
    settings = TrainingSettings(steps=steps, batch=batch, learning_rate=learning_rate)
    if started:
        settings = replace(
            settings,
            steps=-(-steps // NEXT_SHARE),
            learning_rate=NEXT_RATE * learning_rate,
            temperature=1.0,
        )
    return train(
        module,
        inputs(rows),
        as_targets(goals),
        inputs(task.validation_rows),
        task.validation_beliefs,
        settings=settings,
        seed=task.seed,
        device=device_of(task),
    ).cpu()
