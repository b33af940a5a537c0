"""The calls that a file may ask for, each in a checked implementation of our own.

A pickle rebuilds arrays, trees and boosters by calling a function with arguments and then
handing the new object its state. Neither the file's function nor the class's own code sees an
argument before it was checked here: raw bytes never become pointers to objects, and no name,
path or offset in the file is followed. Each library has a module with its parts of the tables.
"""

from __future__ import annotations

from typing import Any

from crembo_cli.teachers.pickles.guard import containers, model_parts, numpy_parts, pandas_parts
from crembo_cli.teachers.pickles.guard.allowed_names import Name
from crembo_cli.teachers.pickles.guard.containers import Function
from crembo_cli.teachers.pickles.guard.model_parts import set_distance
from crembo_cli.teachers.pickles.guard.numpy_parts import set_type_or_bits

CALLS: dict[Name, Function] = {
    **containers.CALLS,
    **numpy_parts.CALLS,
    **pandas_parts.CALLS,
    **model_parts.CALLS,
}
# Names that only tell a call which kind it makes.
ARGUMENTS = numpy_parts.ARGUMENTS | pandas_parts.ARGUMENTS | model_parts.ARGUMENTS
# How an instance of a listed class is made whose own state is not a plain dict of attributes.
INSTANCES = numpy_parts.INSTANCES | pandas_parts.INSTANCES | model_parts.INSTANCES
# How an object takes its state, by the name of its class.
STATES = numpy_parts.STATES | pandas_parts.STATES | model_parts.STATES


def state_setter(made: Any) -> Function | None:
    """How `made` takes its state; None where the state is a plain dict of attributes."""
    kind = type(made)
    if kind.__module__ == "sklearn.metrics._dist_metrics":
        return set_distance
    named = STATES.get(f"{kind.__module__}.{kind.__name__}") or STATES.get(kind.__name__)
    return named or set_type_or_bits(made)
