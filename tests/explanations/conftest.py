"""Students that the tests of the code forms share: made once."""

from __future__ import annotations

import pytest

from crembo_cli.students.registry import family_names
from tests.explanations.edge_rows import Case, make_case

KINDS = [
    *("tree", "deep tree", "stump", "linear", "two classes", "weighted tree", "weighted linear"),
    *("rules", "oblique", "additive", "boosted", "mlp", "costs boosted"),
]
COSTS = [[0, 1, 4], [2, 0, 1], [1, 3, 0]]  # by true class: no weights stand for them
WEIGHTS = 1.0, 3.0, 2.0  # of the classes, as of --class-weight


@pytest.fixture(scope="session", params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A student of each kind that has code, with its rows."""
    folder = tmp_path_factory.mktemp("student")
    if request.param.startswith("weighted"):
        return make_case(folder, request.param.split()[1], weights=WEIGHTS)
    if request.param.startswith("costs"):
        return make_case(folder, request.param.split()[1], costs=COSTS)
    if request.param in family_names() and request.param != "tree":
        return make_case(folder, request.param)
    if request.param == "two classes":
        return make_case(folder, "linear", classes=(0, 1))
    depth = {"tree": 5, "deep tree": 9, "stump": 1}[request.param]
    return make_case(folder, "tree", depth=depth)
