"""What a student may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Budget:
    """The most of each size that a student may have; None: any.

    A size that a student does not have (a net's leaves) it does not exceed.
    """

    bytes: int | None = None  # of its file
    leaves: int | None = None
    parameters: int | None = None
    tree_depth: int | None = None

    def limits(self) -> dict[str, int]:
        """The limits that there are, by the name of the size."""
        return {name: most for name, most in asdict(self).items() if most is not None}

    def allows(self, size: Mapping[str, int]) -> bool:
        """Whether a student of `size` keeps to it."""
        return all(size.get(name, 0) <= most for name, most in self.limits().items())
