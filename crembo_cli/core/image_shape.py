"""The shape of images that stand in the rows of a table, one number a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Floats


@dataclass(frozen=True)
class ImageShape:
    """How a row of numbers is an image."""

    channels: int
    height: int
    width: int
    channels_last: bool = False  # the order of the columns: row, column, channel (NHWC); else
    # channel, row, column (NCHW)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width

    @property
    def pixels(self) -> int:
        """The number of columns."""
        return self.channels * self.height * self.width

    def to_images(self, rows: Floats) -> Floats:
        """Rows (n, p) as images (n, channels, height, width)."""
        if self.channels_last:
            images = rows.reshape(-1, self.height, self.width, self.channels)
            return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return rows.reshape(-1, *self.sizes)

    def to_rows(self, images: Floats) -> Floats:
        """The inverse of `to_images`."""
        if self.channels_last:
            images = images.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(images).reshape(len(images), self.pixels)

    def __str__(self) -> str:
        return " x ".join(map(str, self.sizes))
