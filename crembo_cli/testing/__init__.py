"""`check_family`: check that a student family, ours or a plugin, keeps the contract.

    from crembo_cli.testing import check_family

    def test_my_family() -> None:
        check_family(MyFamily())

It fits the family on small seeded tasks and raises AssertionError on the first sentence of
`crembo_cli.students.contract` that does not hold. It needs no test runner.
"""

from __future__ import annotations

from crembo_cli.students.contract import Family
from crembo_cli.testing.fits import check_fits
from crembo_cli.testing.options import check_options, checking
from crembo_cli.testing.tasks import small_image_tasks, small_tasks

__all__ = ["check_family"]


def check_family(family: Family, *, never_worse: bool = True) -> None:
    """Check that `family` keeps the contract; raise AssertionError with the sentence that failed.

    It checks the options (defaults, help, ranges) and, on small tasks with two to four classes,
    missing cells, constant columns and categories (on small images, if it fits those alone): the
    students that `fit` and `finish` return
    for beliefs and for allowed labels; their predictions in memory and, exported, in
    onnxruntime; their sizes and texts, and the optional parts that they have. The same seed must
    give the same bytes on one thread and on two, and no argument may be changed. An error that
    the family raises passes through, with a note on what was being checked.

    Args:
        family: the family, with its options; small ones make a quick test.
        never_worse: whether `fit` with a start must reach at least the start's reward.
    """
    with checking("the family"):
        check_options(family)
    tasks = small_image_tasks() if getattr(family, "images", False) else small_tasks()
    for task in tasks:
        with checking(f"family {family.name!r} on {task.name}"):
            check_fits(family, task, never_worse=never_worse)
