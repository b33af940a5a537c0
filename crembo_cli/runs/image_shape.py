"""The option `--image-shape`: which tables hold images, and of which shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crembo_cli.core.image_shape import ImageShape
from crembo_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.teachers.contract import ModelInput

OPTION = "--image-shape"
MOST = 65_536  # pixels to a side, so that a typing error is found


def parse_image_shape(value: str | Sequence[int] | None) -> ImageShape | None:
    """The shape in "C,H,W", or in three numbers; None where it is None. Raises UsageError."""
    if value is None:
        return None
    parts = value.split(",") if isinstance(value, str) else [str(each) for each in value]
    sizes = [int(each) for each in parts if re.fullmatch(r"\s*[0-9]{1,6}\s*", each)]
    if len(parts) != 3 or len(sizes) != 3 or not all(1 <= size <= MOST for size in sizes):
        raise UsageError(
            "invalid image shape",
            where=OPTION,
            found=repr(value),
            wanted="channels, height and width, such as 1,28,28",
        )
    channels, height, width = sizes
    return ImageShape(channels, height, width)


def image_shape_of(
    inputs: Sequence[ModelInput], given: ImageShape | None, table: LabelledTable
) -> ImageShape | None:
    """The shape of the images in `table`: that of the teacher's input, or the `given` one.

    A teacher of images has one input of four dimensions; the columns are in its own order, and
    of its dimensions 1 and 3 the smaller one is the channels, unless `given` states another. None
    where the table holds no images. Raises UsageError where `given` does not fit the teacher,
    DataError where the columns are not the pixels of such images.
    """
    offered = _shapes_of(inputs)
    if given is None:
        return offered[0] if offered else None
    fitting = [shape for shape in offered if shape.sizes == given.sizes]
    if offered and not fitting:
        raise UsageError(
            "the image shape does not fit the teacher's input",
            where=OPTION,
            found=str(given),
            wanted=" or ".join(dict.fromkeys(map(str, offered))),
        )
    features = table.encoding.features
    if len(features) != given.pixels:
        raise DataError(
            "the number of columns does not match the image shape",
            where=table.table.name,
            found=f"{len(features)} feature columns",
            wanted=f"{given.pixels}, for images of {given}",
            hint=f"correct {OPTION}, or choose columns with --features or --drop",
        )
    text = next((each.name for each in features if each.categories), None)
    if text is not None:
        raise DataError(
            "a pixel is not a number",
            where=f"{table.table.name}, column {text!r}",
            found="text",
            wanted=f"numbers, for {OPTION}",
        )
    return fitting[0] if fitting else given


def note_guess(shape: ImageShape | None, given: ImageShape | None) -> list[str]:
    """Note that the rows are taken as images because of the teacher's input."""
    if shape is None or given is not None:
        return []
    layout = ", channels last" if shape.channels_last else ""
    return [
        f"the rows are images of {shape}{layout}, as the teacher's input; {OPTION} corrects that"
    ]


def _shapes_of(inputs: Sequence[ModelInput]) -> list[ImageShape]:
    """The shapes that the teacher's one input may have, the likelier first; [] if none."""
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type == "string":
        return []
    declared = inputs[0].shape[1:]
    known = 1
    for size in declared:
        known *= size if isinstance(size, int) else 1
    first, second, third = (
        size if isinstance(size, int) else inputs[0].width // max(known, 1) for size in declared
    )
    planar = ImageShape(first, second, third)
    interleaved = ImageShape(third, first, second, channels_last=True)
    shapes = [interleaved, planar] if third < first else [planar, interleaved]
    return [shape for shape in shapes if shape.height * shape.width > 1]
