"""The rows of one run of `compress`: read, answered by the teacher, and parted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.errors import DataError, UsageError
from crembo_cli.evidence import Evidence, Parts, gather, part, refuse_one_class

CONTEST_SHARE = 0.1  # of the rows that are left to fit on, where several families are

if TYPE_CHECKING:
    from crembo_cli.commands.job import Job
    from crembo_cli.dataset.encode import Encoding
    from crembo_cli.teachers.contract import Teacher


def read_parts(job: Job, teacher: Teacher, messages: Messages) -> Parts:
    """The rows to fit on, to choose by and to measure on, with the teacher's answers.

    Raises DataError, TeacherError or UsageError for what `crembo_cli.dataset` and the teacher
    refuse, and for what was asked of the command and these rows cannot give.
    """
    from crembo_cli.dataset.split import split_rows
    from crembo_cli.report.require import check_labelled

    evidence = _asked(job, job.data, teacher, messages)
    messages.note(teacher.warnings)
    refuse_one_class(evidence, teacher)
    strata = evidence.said() if evidence.truth is None else evidence.truth
    test_share, selection_share = job.shares()
    split = split_rows(
        strata, test_share=test_share, selection_share=selection_share, seed=job.search.seed
    )
    if job.test_data is None:
        test = part(evidence, split.test)
    else:
        test = _tested_on(job.test_data, evidence, job, teacher, messages)
    check_labelled(job.gates, labelled=test.truth is not None)
    fit, contest = split.fit, None
    if job.asked.budget is not None:
        try:
            shares = split_rows(
                strata[fit], test_share=0, selection_share=CONTEST_SHARE, seed=job.search.seed
            )
        except DataError as error:
            raise DataError(
                "too few rows to choose between students by rows of their own",
                where=job.data,
                found=f"{len(strata)} rows",
                hint="ask for one student: --student tree --max-depth 3",
            ) from error
        contest, fit = part(evidence, fit[shares.selection]), fit[shares.fit]
    fitted_on = job.test_data is not None and test.table.sha256 == evidence.table.sha256
    if fitted_on:
        messages.note([f"{job.test_data} is what the student is fitted on: its figures flatter"])
    return Parts(
        fit=part(evidence, fit),
        held=part(evidence, split.selection),
        test=test,
        contest=contest,
        fitted_on=fitted_on,
    )


def _tested_on(
    path: str, evidence: Evidence, job: Job, teacher: Teacher, messages: Messages
) -> Evidence:
    """The table of `--test-data`, with the columns and the encoding of `evidence`."""
    if not teacher.answers_new_rows:
        raise UsageError(
            "a table of beliefs knows the rows of DATA alone",
            where=f"--test-data {path}",
            hint="leave --test-data out, and a share of DATA is measured on",
        )
    test = _asked(job, path, teacher, messages, evidence.encoding)
    if evidence.truth is not None and test.truth is None:
        messages.note([f"{path} has no labels: accuracy is not measured"])
    return test


def _asked(
    job: Job, path: str, teacher: Teacher, messages: Messages, encoding: Encoding | None = None
) -> Evidence:
    """The table at `path` with the teacher's answers."""
    from crembo_cli.dataset.columns import LABEL_NAMES
    from crembo_cli.dataset.read import read_table
    from crembo_cli.dataset.remarks import remarks

    messages.stage(f"reading {path}", 0)
    table = read_table(path)
    count = len(table.frame)
    found = gather(
        table,
        teacher,
        label=job.label,
        features=job.features,
        drop=job.drop,
        class_names=job.classes,
        encoding=encoding,
        progress=messages.stage(f"asking the teacher about {count:,} rows", count),
    )
    messages.note(remarks(table, found.columns))
    if found.columns.label is None:
        for name in found.columns.features:
            if name.lower() in LABEL_NAMES:
                messages.note([f"{name!r} is taken for a feature; if it is the label, say --label"])
    return found
