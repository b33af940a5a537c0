"""Which tests are slow: those that take more than a second or two on a quiet machine."""

from __future__ import annotations

# Beginnings of the names that pytest gives to tests.
SLOW = (
    "tests/test_clients.py",
    "tests/test_docs.py::test_shell_examples_run",
    "tests/test_docs.py::test_the_library_examples_run",
    "tests/test_docs.py::test_the_readme_shows_what_is_printed",
    "tests/test_docs.py::test_the_cron_job_reports_drift_in_one_line",
)


def is_slow(name: str) -> bool:
    """Whether a test is slow, by its name."""
    return name.startswith(SLOW)
