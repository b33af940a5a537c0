"""What a run found, and its drawings: pure functions of a Report."""
