"""What a student may cost."""

from __future__ import annotations

import pytest

from crembo_cli.search.candidates import Budget


@pytest.mark.parametrize(
    ("budget", "allowed"),
    [
        (Budget(), True),
        (Budget(bytes=100), True),
        (Budget(bytes=99), False),
        (Budget(parameters=7, bytes=100), True),
        (Budget(parameters=6, bytes=100), False),
        (Budget(leaves=1, tree_depth=1), True),
    ],
)
def test_each_limit_holds_and_what_is_not_there_exceeds_nothing(
    budget: Budget, allowed: bool
) -> None:
    """At the limit is allowed, above it is not; a net of no leaves keeps to any number of them."""
    assert budget.allows({"parameters": 7, "bytes": 100}) == allowed


def test_only_limits_that_were_set_are_listed() -> None:
    """A limit that was not set is left out."""
    assert Budget(bytes=5, leaves=3).limits() == {"bytes": 5, "leaves": 3}
