"""Students that the tests of the code forms share: made once."""

from __future__ import annotations

import pytest

from tests.explanations.edge_rows import Case, make_case

KINDS = ["tree", "deep tree", "stump", "linear", "two classes", "weighted tree", "weighted linear"]
WEIGHTS = 1.0, 3.0, 2.0  # of the classes, as of --class-weight


@pytest.fixture(scope="session", params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A student of each kind that has code, with its rows."""
    folder = tmp_path_factory.mktemp("student")
    if request.param.startswith("weighted"):
        return make_case(folder, request.param.split()[1], weights=WEIGHTS)
    if request.param == "linear":
        return make_case(folder, "linear")
    if request.param == "two classes":
        return make_case(folder, "linear", classes=(0, 1))
    depth = {"tree": 5, "deep tree": 9, "stump": 1}[request.param]
    return make_case(folder, "tree", depth=depth)
