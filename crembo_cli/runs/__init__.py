"""The runs: each file tells one of them from its inputs to its result, without a command line."""
