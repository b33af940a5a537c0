"""`check_family`: tells whether a family of students keeps the contract, ours or others'.

    from crembo_cli.testing import check_family

    def test_my_family() -> None:
        check_family(MyFamily())

It fits the family on small seeded tasks and raises AssertionError on the first sentence of
`crembo_cli.students.contract` that does not hold. It needs no test runner.
"""

from __future__ import annotations

from crembo_cli.students.contract import Family
from crembo_cli.testing.fits import check_fits
from crembo_cli.testing.options import check_options, told
from crembo_cli.testing.tasks import small_tasks

__all__ = ["check_family"]


def check_family(family: Family, *, never_worse: bool = True) -> None:
    """Raise AssertionError, naming the sentence that failed, unless `family` keeps the contract.

    Checked are the options (defaults, help, ranges) and, on small tasks with two to four
    classes, missing cells, constant columns and categories: what `fit` and `finish` make of
    beliefs and of allowed labels, the student's answers in memory and, exported, in onnxruntime,
    its sizes and its text; that the same seed gives the same bytes on one thread and on two; and
    that nothing given is changed. An error that the family raises passes through, with a note
    that says what was being checked.

    Args:
        family: the family with the options to check it under; small ones make a quick test.
        never_worse: whether it promises that `fit` from a start earns no less than the start.
    """
    with told("the family"):
        check_options(family)
    for task in small_tasks():
        with told(f"family {family.name!r} on {task.name}"):
            check_fits(family, task, never_worse=never_worse)
