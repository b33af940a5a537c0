"""The family `cnn`: a small convolutional net for images, trained by torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from crembo_cli.students.contract import Floats, Student, Task
from crembo_cli.students.nets.fitting import TrainedFamily, train_net
from crembo_cli.students.nets.images import ImageStudent, learn_pixels, read_image_student
from crembo_cli.students.scored.model import fitted_rewards, total_reward
from crembo_cli.students.scored.softmax import best_sharpness

if TYPE_CHECKING:
    from onnx import GraphProto

    from crembo_cli.students.nets.modules import ImageNet

# Batch norms allow a high rate, and a small net needs it: .02 gained 1.8 points over .005.
BATCH, RATE = 64, 0.025


@dataclass(frozen=True, kw_only=True)
class CnnFamily(TrainedFamily):
    """Two to four convolutions, depthwise separable beyond the first."""

    name: ClassVar[str] = "cnn"
    summary: ClassVar[str] = "a small convolutional net for images; needs torch"
    thresholds: ClassVar[int | None] = None
    path_on_request: ClassVar[bool] = True
    images: ClassVar[bool] = True
    grid: ClassVar[tuple[Mapping[str, int], ...]] = ()

    width: int = field(
        default=16,
        metadata={
            "help": "Number of channels of the first convolution; later ones have twice as many.",
            "minimum": 4,
            "maximum": 64,
        },
    )
    depth: int = field(
        default=4, metadata={"help": "Number of convolutions.", "minimum": 2, "maximum": 4}
    )

    def learner(self, task: Task) -> CnnLearner:
        """Centre the images of `task`, once for all fits."""
        return CnnLearner(self, task)

    @staticmethod
    def read(graph: GraphProto) -> ImageStudent:
        """Return the net in the graph of a student's file; see `read_image_student`."""
        return read_image_student(graph)


class CnnLearner:
    """Fits nets for one task, whose rows are images."""

    def __init__(self, family: CnnFamily, task: Task) -> None:
        assert task.shape is not None, "the family fits images only"
        self.family, self.task, self.shape = family, task, task.shape
        self.pixels = learn_pixels(task.rows, task.shape)

    def fit(self, rewards: Floats, start: Student | None = None) -> ImageStudent:
        """See `students.contract.Learner.fit`; from `start` the sum of rewards never falls."""
        from crembo_cli.students.nets.modules import cnn

        rewards = fitted_rewards(self.task, rewards)
        module = cnn(
            self.shape.sizes,
            rewards.shape[1],
            self.family.width,
            self.family.depth,
            seed=self.task.seed,
        )
        rows = self.task.rows
        if start is None:
            module.standardise(self.pixels.of(rows))
            return self._train(module, rewards, started=False)
        first = self._own(start)
        module.adopt(first.convolutions, first.dense, first.pixels.of(rows[:ADOPTED]))
        found = first, self._train(module, rewards, started=True)
        return max(found, key=lambda student: total_reward(student, rows, rewards))

    def finish(self, student: Student) -> ImageStudent:
        """Scale the scores of `student` so that its probabilities are nearest the soft labels."""
        own = self._own(student)
        scores = own.scores(self.task.rows)
        return own.sharpen(best_sharpness(scores, self.task.beliefs))

    def _train(self, module: ImageNet, rewards: Floats, *, started: bool) -> ImageStudent:
        train_net(
            module,
            self.pixels.of,
            self.task.rows,
            rewards,
            self.task,
            self.family.steps,
            started=started,
            batch=BATCH,
            learning_rate=RATE,
        )
        first, *others = module.convolutions()
        scale = module.scale.numpy().reshape(1, -1, 1, 1)
        convolutions = (replace(first, weight=first.weight * scale), *others)
        return ImageStudent(pixels=self.pixels, convolutions=convolutions, dense=module.output())

    def _own(self, student: Student) -> ImageStudent:
        if not isinstance(student, ImageStudent):
            raise TypeError(f"expected an ImageStudent, got a {type(student).__name__}")
        return student


ADOPTED = 2048  # rows that the first statistics of batches are taken from
