"""A Report of a student that exists, measured on a table."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from crembo_cli.assessment import assess
from crembo_cli.evidence import Evidence
from crembo_cli.explain.own import Own
from crembo_cli.report.build import description, names, teacher_facts
from crembo_cli.report.by_class import by_class
from crembo_cli.report.model import DataFacts, Report, StudentFacts, Timing
from crembo_cli.robustness.model import Robustness
from crembo_cli.students.contract import Indices

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import Teacher


def evaluated_report(
    student: Teacher,
    own: Own | None,
    teacher: Teacher | None,
    test: Evidence,
    answers: dict[str, Indices],
    robustness: Robustness,
    *,
    paths: tuple[str, str, str | None],
) -> Report:
    """The report; its run took no time yet, and no gate is judged.

    `answers` is what the student, and the teacher where there is one, say of the rows of
    `test`; `paths` are those of the student, the table and the teacher as they were given.
    """
    known = teacher is not None
    insides = None if own is None else own.insides
    size = {} if own is None else own.size
    speeds = [
        each.rows_per_second(test.frame) if each is not None and each.answers_new_rows else None
        for each in (student, teacher)
    ]
    return Report(
        crembo=version("crembo-cli"),
        teacher=None if teacher is None else teacher_facts(str(paths[2]), teacher),
        data=DataFacts(
            path=paths[1],
            sha256=test.table.sha256,
            rows=len(test.rows),
            features=list(test.columns.features),
            label=test.columns.label,
            fit_rows=None,
            selection_rows=None,
            test_rows=len(test.rows),
            test_path=None,
            test_sha256=test.table.sha256,
            synthetic_rows=None,
            held_synthetic_rows=None,
        ),
        student=StudentFacts(
            path=paths[0],
            sha256=student.sha256,
            family=None if own is None else own.family,
            options=None if own is None else own.options,
            size={**size, "bytes": student.bytes},
        ),
        search=None,
        metrics={name: assess(test, said, teacher=known) for name, said in answers.items()},
        by_class=by_class(test, answers["student"], names(teacher or student), teacher=known),
        robustness=robustness,
        requirements=[],
        timing=Timing(
            seconds=0.0,
            student_rows_per_second=speeds[0] or 0.0,
            teacher_rows_per_second=speeds[1],
        ),
        description=(
            ""
            if insides is None
            else description(insides.student, insides.features, insides.classes)
        ),
        insides=insides,
    )
