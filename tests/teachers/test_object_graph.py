"""Walking through a loaded object."""

from __future__ import annotations

import numpy as np

from crembo_cli.teachers.pickles.loaded_trees import parts


class Holder:
    """Something with attributes."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


def test_every_part_is_found_once() -> None:
    """Attributes, containers and arrays of objects are entered, also where they go in circles."""
    leaf, other, third = Holder(), Holder(), Holder()
    array = np.empty(2, dtype=object)
    array[:] = [third, leaf]
    root = Holder(a=[leaf, (other,)], b={"key": array})
    root.__dict__["itself"] = root
    found = [each for each in parts(root) if isinstance(each, Holder)]
    assert len(found) == 4
    assert {id(each) for each in found} == {id(each) for each in (root, leaf, other, third)}


def test_properties_are_not_called() -> None:
    """Looking at a stranger's object runs nothing of it."""

    class Trap:
        @property
        def trap(self) -> None:
            raise AssertionError("called")

    trap = Trap()
    assert list(parts([trap])) == [[trap], trap]
