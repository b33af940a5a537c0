"""New images for the teacher to label beside the real ones.

Each is a real image that is shifted, turned and scaled, with another contrast and some noise; a
rectangle is cut out of some, some are mixed with a second image. How strongly an image is moved
is drawn as well, so that many stay close to a real one: a small student cannot learn all that is
far from them. An image is a row of numbers in the order channel, row, column. A signal is an
image of height 1: it is shifted and stretched along its length, and nothing is cut out of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crembo_cli.arrays import Bools, Doubles, Floats, Indices

Shape = tuple[int, int, int]  # channels, height, width

SHIFT = 0.1  # the largest shift, as a share of the side
TURN = 0.2  # the largest angle, in radians
SCALE = 0.12  # the largest change of size, as a share of the side
CONTRAST = 0.25  # the largest change of the distance from the image's mean
NOISE = 0.06  # the largest standard deviation of the noise, in those of all pixels
CUT = 0.1  # the share of images of which a rectangle is cut out
CUT_SIDE = 0.35  # the longest side of that rectangle, as a share of the image's
MIX = 0.15  # the share of images that are mixed with a second one
SHARED = 32  # how many images at most share one movement
MOVEMENTS = 512  # how many movements there are at least, where there are images enough
BLOCK = 4096  # how many images are in work at a time


@dataclass(frozen=True)
class Drawing:
    """New images and what they were made from."""

    rows: Floats  # (count, p)
    base: Indices  # (count,) the row that was moved
    other: Indices  # (count,) the row that was mixed in
    share: Floats  # (count,) how much of the new image is `base`, from .5 to 1


def image_rows(rows: Floats, count: int, shape: Shape, rng: np.random.Generator) -> Floats:
    """`count` new images like `rows`, float32 (n, c*h*w) with n >= 1: float32 (count, c*h*w).

    See `draw_images`.
    """
    return draw_images(rows, count, shape, rng).rows


def draw_images(rows: Floats, count: int, shape: Shape, rng: np.random.Generator) -> Drawing:
    """Draw `count` new images from `rows`, float32 (n, c*h*w), each of which is used as often.

    Values stay within each channel's range, and whole where all of `rows` are whole. A missing
    value (NaN) is taken as the channel's mean. Raises ValueError where there are no rows.
    """
    n, (channels, height, width) = len(rows), shape
    if n == 0:
        raise ValueError("there are no images to make new ones from")
    pixels = rows.reshape(n, channels, height * width)
    if np.isnan(pixels).any():
        means = np.nanmean(pixels, axis=(0, 2), keepdims=True, dtype=np.float64)
        pixels = np.where(np.isnan(pixels), means.astype(np.float32), pixels)
    low, high = pixels.min(axis=(0, 2)), pixels.max(axis=(0, 2))
    spread = pixels.std(axis=(0, 2), dtype=np.float64).astype(np.float32)
    whole = bool((pixels == np.rint(pixels)).all())

    rounds = [rng.permutation(n) for _ in range(count // n + 1)]
    base = np.concatenate(rounds)[:count]
    other = rng.integers(0, n, count)
    mixed = rng.random(count) < MIX
    share = np.where(mixed, rng.uniform(0.5, 1.0, count), 1.0).astype(np.float32)

    made = np.empty((count, channels, height * width), np.float32)
    for begin in range(0, count, BLOCK):
        block = slice(begin, min(begin + BLOCK, count))
        new = made[block]
        _move(pixels, base[block], new, (height, width), count, rng)
        into = np.flatnonzero(mixed[block])
        part = share[block][into, None, None]
        new[into] = part * new[into] + (1 - part) * pixels[other[block][into]]
        _change_contrast(new, spread, rng)
        cut = _rectangles(len(new), height, width, rng)
        np.copyto(new, low[:, None], where=cut[:, None, :])
        if whole:
            np.rint(new, out=new)
        np.clip(new, low[:, None], high[:, None], out=new)
    return Drawing(made.reshape(count, -1), base, other, share)


def _move(
    pixels: Floats,
    base: Indices,
    new: Floats,
    side: tuple[int, int],
    count: int,
    rng: np.random.Generator,
) -> None:
    """Write the images `base` of `pixels`, each shifted, turned and scaled, to `new`.

    Between pixels values are bilinear; outside the image they are those of its edge. Some images
    share one movement, which makes this many times faster than one for each.
    """
    height, width = side
    shared = min(max(count // MOVEMENTS, 1), SHARED)
    y, x = np.divmod(np.arange(height * width), width)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    for begin in range(0, len(base), shared):
        part = slice(begin, begin + shared)
        strength = rng.random()
        angle = strength * rng.uniform(-TURN, TURN) if min(side) > 1 else 0.0
        size_y, size_x = 1 + strength * rng.uniform(-SCALE, SCALE, 2)
        shift_y, shift_x = strength * rng.uniform(-SHIFT, SHIFT, 2) * (height, width)
        at_y = (np.cos(angle) * y - np.sin(angle) * x) * size_y + shift_y + (height - 1) / 2
        at_x = (np.sin(angle) * y + np.cos(angle) * x) * size_x + shift_x + (width - 1) / 2
        at_y, at_x = np.clip(at_y, 0, height - 1), np.clip(at_x, 0, width - 1)
        new[part] = _between(pixels[base[part]], at_y, at_x, side)


def _between(images: Floats, at_y: Doubles, at_x: Doubles, side: tuple[int, int]) -> Floats:
    """The values of `images` (k, c, h*w) at the places (`at_y`, `at_x`), bilinear."""
    height, width = side
    top, left = at_y.astype(np.int64), at_x.astype(np.int64)
    down, right = (at_y - top).astype(np.float32), (at_x - left).astype(np.float32)
    below = np.minimum(top + 1, height - 1) * width
    beside = np.minimum(left + 1, width - 1)
    top *= width
    found: Floats = images[:, :, top + left] * ((1 - down) * (1 - right))
    found += images[:, :, top + beside] * ((1 - down) * right)
    if height > 1:
        found += images[:, :, below + left] * (down * (1 - right))
        found += images[:, :, below + beside] * (down * right)
    return found


def _change_contrast(new: Floats, spread: Floats, rng: np.random.Generator) -> None:
    """Move each of the images `new` (k, c, h*w) away from or towards its mean, and add noise."""
    k = len(new)
    factor = 1 + rng.uniform(-CONTRAST, CONTRAST, (k, 1, 1)).astype(np.float32)
    noise = (rng.random((k, 1, 1), np.float32) * NOISE) * spread[:, None]
    middle = new.mean(axis=2, keepdims=True)
    new -= middle
    new *= factor
    new += middle
    new += rng.standard_normal(new.shape, np.float32) * noise


def _rectangles(k: int, height: int, width: int, rng: np.random.Generator) -> Bools:
    """A rectangle in a share `CUT` of `k` images: (k, h*w), True inside."""
    cut = (rng.random(k) < CUT) & (min(height, width) > 1)
    inside = np.ones((k, height, width), np.bool_)
    for axis, side in ((1, height), (2, width)):
        length = np.ceil(rng.uniform(0, CUT_SIDE, k) * side) if side > 1 else np.ones(k)
        first = np.floor(rng.random(k) * (side - length + 1))
        place = np.arange(side)
        along = (place >= first[:, None]) & (place < (first + length)[:, None])
        inside &= along[:, :, None] if axis == 1 else along[:, None, :]
    return (inside & cut[:, None, None]).reshape(k, -1)
