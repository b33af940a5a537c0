"""The report of `crembo compare`: two students on the same rows."""
