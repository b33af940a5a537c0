"""Build a Report from the results of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from crembo_cli.dataset.labelled import Evidence, Parts
from crembo_cli.errors import printable
from crembo_cli.evaluation.metrics import as_decimal, assess, baseline_says, by_class
from crembo_cli.report.model import (
    ContenderFacts,
    DataFacts,
    FrontierFacts,
    Report,
    SearchFacts,
    StepFacts,
    StudentFacts,
    TeacherFacts,
    Timing,
)
from crembo_cli.robustness.margins import units_of
from crembo_cli.robustness.model import Robustness
from crembo_cli.search.comparison import Frontier
from crembo_cli.search.student import Compression, Search
from crembo_cli.student_file.read import Own
from crembo_cli.students.contract import Family, Feature, Indices, Student

if TYPE_CHECKING:
    from crembo_cli.teachers.contract import ClassLabel, Teacher


def answers_of(student: Student, parts: Parts, seed: int) -> dict[str, Indices]:
    """What the student, the teacher and the same-size trees say of the test rows, by name.

    The same-size trees are fitted on all rows that are not tested on, as they need none to
    choose by. Without labels there is no `baseline_labels`.
    """
    train, test = _together(parts.untested()), parts.test
    size = student.size()
    answers = {"student": student.predict(test.rows), "teacher": test.said()}
    fitted_to = {"baseline_labels": train.truth, "baseline_teacher": train.said()}
    for name, labels in fitted_to.items():
        if labels is not None:
            answers[name] = baseline_says(train.rows, labels, test.rows, size, seed)
    return answers


def _together(parts: Sequence[Evidence]) -> Evidence:
    """The rows of all `parts`, as arrays: the frame stays that of the first."""
    truths = [each.truth for each in parts if each.truth is not None]
    return replace(
        parts[0],
        rows=np.vstack([each.rows for each in parts]),
        beliefs=np.vstack([each.beliefs for each in parts]),
        truth=np.concatenate(truths) if len(truths) == len(parts) else None,
    )


def provenance(
    family: Family,
    search: Search,
    teacher: Teacher,
    parts: Parts,
    found: Compression,
    version: str,
) -> dict[str, str]:
    """What a student's file says of its own origin: no clock, no path of the machine.

    Texts by key, those that are not plain as JSON.
    """
    encoding = parts.fit.encoding
    metrics = assess(parts.test, found.student.predict(parts.test.rows))
    said: dict[str, Any] = {
        "crembo.version": version,
        "crembo.family": family.name,
        "crembo.options": asdict(family),  # type: ignore[call-overload]  # the contract: a dataclass
        "crembo.search": {
            name: value for name, value in asdict(search).items() if name != "threads"
        }
        | {"synthetic": len(found.fit.rows) - found.fit.real, "steps": len(found.steps)},
        "crembo.threshold": found.threshold,
        "crembo.classes": list(teacher.classes),
        "crembo.size": found.student.size(),
        "crembo.features": [asdict(each) for each in encoding.features],
        "crembo.units": units_of(parts.fit.rows, encoding).tolist(),
        "crembo.teacher.sha256": teacher.sha256,
        "crembo.data.sha256": parts.fit.table.sha256,
        "crembo.test_data.sha256": parts.test.table.sha256,
        "crembo.test_rows": len(parts.test.rows),
        "crembo.metrics": asdict(metrics),
    }
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in said.items()
    }


def teacher_facts(path: str, teacher: Teacher) -> TeacherFacts:
    """Who was compressed."""
    return TeacherFacts(
        path=path,
        sha256=teacher.sha256,
        format=teacher.format,
        bytes=teacher.bytes,
        classes=list(teacher.classes),
        classes_source=teacher.classes_source,
        reading=teacher.reading,
    )


def data_facts(path: str, test_path: str | None, parts: Parts, found: Compression) -> DataFacts:
    """On what."""
    columns = parts.fit.columns
    return DataFacts(
        path=path,
        sha256=parts.fit.table.sha256,
        rows=len(parts.fit.table.frame),
        features=list(columns.features),
        label=columns.label,
        fit_rows=found.fit.real,
        selection_rows=found.held.real,
        test_rows=len(parts.test.rows),
        test_path=test_path,
        test_sha256=parts.test.table.sha256,
        synthetic_rows=len(found.fit.rows) - found.fit.real,
        held_synthetic_rows=len(found.held.rows) - found.held.real,
    )


def student_facts(
    path: str, sha256: str, family: Family, student: Student, size: int
) -> StudentFacts:
    """What came out; `size` is the file's, in bytes."""
    return StudentFacts(
        path=path,
        sha256=sha256,
        family=family.name,
        options=asdict(family),  # type: ignore[call-overload]  # the contract: a dataclass
        size={**student.size(), "bytes": size},
    )


def description(
    student: Student, features: Sequence[Feature], classes: Sequence[ClassLabel]
) -> str:
    """The student in words, whatever is in the names of its features and classes."""
    named = [
        replace(
            each,
            name=printable(each.name),
            categories=tuple(printable(text) for text in each.categories),
        )
        for each in features
    ]
    return student.describe(named, [printable(str(each)) for each in classes])


def names(teacher: Teacher) -> list[str]:
    """The classes as text."""
    return [str(each) for each in teacher.classes]


def search_facts(
    search: Search, found: Compression, frontier: Frontier | None, prefer: str | None
) -> SearchFacts:
    """How it was found."""
    return SearchFacts(
        algorithm=search.algorithm,
        select=search.select,
        threshold=found.threshold,
        delta=search.delta,
        seed=search.seed,
        path_rows=found.path_rows,
        chosen=found.chosen,
        steps=[
            StepFacts(
                threshold=threshold,
                depth=as_decimal(judged.depth),
                insensitive_depth=as_decimal(judged.insensitive_depth),
                mean_belief=judged.mean_belief,
                accuracy=judged.accuracy,
            )
            for threshold, judged in found.steps
        ],
        frontier=None if frontier is None else frontier_facts(frontier, prefer),
    )


def frontier_facts(frontier: Frontier, prefer: str | None) -> FrontierFacts:
    """What was tried beside it."""
    contest = frontier.contest
    return FrontierFacts(
        budget=asdict(frontier.budget),
        prefer=prefer,
        contest_rows=contest.real,
        contest_synthetic_rows=len(contest.rows) - contest.real,
        chosen=frontier.chosen,
        students=[
            ContenderFacts(
                name=each.contender.name(),
                family=each.contender.family.name,
                settings=dict(each.contender.settings),
                threshold=each.found.threshold,
                size=dict(each.size),
                fidelity=each.fidelity,
                insensitive_depth=as_decimal(each.insensitive_depth),
                mean_belief=each.mean_belief,
                mean_belief_error=each.error,
                allowed=each.allowed,
                stands=each.stands,
            )
            for each in frontier.entries
        ],
    )


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
