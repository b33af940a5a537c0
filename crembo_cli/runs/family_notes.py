"""Errors and notes about options that have no effect on a family."""

from __future__ import annotations

from collections.abc import Iterable

from crembo_cli.core.beliefs import share_of_one_label
from crembo_cli.core.image_shape import ImageShape
from crembo_cli.core.path import threshold_grid
from crembo_cli.errors import StudentError
from crembo_cli.search import defaults
from crembo_cli.search.student import Compression, Search
from crembo_cli.students.capabilities import fits_images, path_on_request
from crembo_cli.students.contract import Family

MOST_OF_ONE_LABEL = 0.8  # of the rows; of more, a note


def refuse_no_images(families: Iterable[Family], shape: ImageShape | None) -> None:
    """Raise StudentError for a family of images where the rows are none."""
    for each in families:
        if fits_images(type(each)) and shape is None:
            raise StudentError(
                f"a {each.name} student is for images, and the teacher's input is not an image",
                hint="state their channels, height and width: --image-shape 1,28,28",
            )


def note_one_label(family: Family, search: Search, found: Compression) -> list[str]:
    """Note that thresholds had nothing to choose, where the user requested them."""
    if not (path_on_request(type(family)) and search.path_requested):
        return []
    grid = threshold_grid(search.thresholds_for(family))
    share = share_of_one_label(found.train.beliefs, grid)
    if share <= MOST_OF_ONE_LABEL:
        return []
    return [
        f"{share:.0%} of the training rows have one allowed label at all {len(grid)} thresholds: "
        "thresholds have nothing to choose there"
    ]


def note_unused_options(family: Family, search: Search) -> list[str]:
    """Notes on options of the search that have no effect for `family`."""
    notes = []
    if search.device != defaults.DEVICE and not path_on_request(type(family)):
        notes.append(f"--device has no effect: a {family.name} student is fitted on the CPU")
    most, path = family.thresholds, search.algorithm == "crembo"
    if most is None or not path:
        return notes
    if search.thresholds not in {Search.thresholds, *range(most + 1)}:
        used = f"at most {most}" if most else "none"
        notes.append(f"--thresholds {search.thresholds}: a {family.name} student uses {used}")
    if search.select == "accuracy" and most == 0:
        notes.append(f"--select accuracy has no effect: a {family.name} student has no thresholds")
    return notes
