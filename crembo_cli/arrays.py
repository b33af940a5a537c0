"""Array types and code numbers that every layer shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]  # rows, beliefs, probabilities, rewards
Doubles = NDArray[np.float64]  # sums, scores, margins
Reals = NDArray[np.floating]  # float32 or float64, whichever the caller has
Indices = NDArray[np.int64]  # class indices, row numbers
Int32s = NDArray[np.int32]  # node numbers of trees
Bools = NDArray[np.bool_]

UNSEEN = -1  # the code of a category that was not there when the encoding was learned
LEAF = -1  # the feature of a node that is a leaf
EVERYTHING = np.finfo(np.float32).max  # the threshold that sends all known values left
NOTHING = np.float32(-np.inf)  # the threshold that sends all known values right
