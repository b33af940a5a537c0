"""A student in a file, opened: queried as any classifier, with what its metadata say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from crembo_cli.arrays import Doubles
from crembo_cli.robustness.teacher_classifier import TeacherClassifier
from crembo_cli.runs.classes import match_student_classes
from crembo_cli.runs.inputs import read_labelled
from crembo_cli.runs.options import Progress, TableOptions, TeacherOptions, display_path
from crembo_cli.runs.rows import RowsToMeasure
from crembo_cli.runs.tally import ClassMapping, Tally
from crembo_cli.student_file.codes import with_codes
from crembo_cli.student_file.form import note_level
from crembo_cli.student_file.metadata import StudentMetadata
from crembo_cli.student_file.read import read_student_metadata
from crembo_cli.students.contract import Floats, Indices

if TYPE_CHECKING:
    import pandas as pd

    from crembo_cli.dataset.labelled import LabelledTable
    from crembo_cli.robustness.perturbations import Classifier
    from crembo_cli.teachers.contract import Teacher


@dataclass(frozen=True, kw_only=True)
class OpenedStudent:
    """A student and its metadata."""

    path: str  # as the user gave it
    model: Teacher
    metadata: StudentMetadata | None  # None: crembo did not write it
    stated: bool  # whether the user stated how its scores become probabilities

    def utilities(self) -> Doubles | None:
        """The utilities that it decides by, (k, k); None: the most probable class."""
        return None if self.metadata is None else self.metadata.utilities

    def read_table(
        self,
        data: object,
        reference: Teacher,
        options: TableOptions,
        progress: Progress,
        rows: RowsToMeasure,
        tally: Tally,
    ) -> LabelledTable:
        """Read `rows` of `data` as the student takes it, labelled by `reference`.

        `reference` is its teacher, or the student itself. Of a large table, the rows that are
        held; `tally` has the totals of all.
        """
        own = self.metadata
        encoding = None if own is None else own.encoding()
        labelled = read_labelled(
            data, reference, options, progress, encoding=encoding,
            draw=rows.draw, tally=tally,
        )  # fmt: skip
        if own is None:
            return labelled
        if own.data_sha256 == labelled.table.sha256:
            path = display_path(data)
            progress.note(
                [f"the student was fitted on the rows of {path}: its metrics are optimistic"]
            )
        dtypes = tuple(labelled.frame.dtypes)
        return replace(labelled, encoding=replace(labelled.encoding, dtypes=dtypes))

    def query(self, frame: pd.DataFrame, progress: Progress) -> Floats:
        """Query the student about the rows of `frame`: its scores, (n, k)."""
        count = len(frame)
        stage = progress.stage(f"querying {self.model.name} about {count:,} rows", count)
        return self.model.beliefs(frame, stage)

    def class_mapping(
        self, reference: Teacher, names: Sequence[str] | None, progress: Progress
    ) -> ClassMapping:
        """Return how its scores are read, once it has answered; `names`: see `names_of_student`.

        Scores that had to be converted, in a way that the user did not state, do not count.
        """
        from crembo_cli.teachers.output_format import gives_probabilities

        progress.note(note_level(self.path, self.model.producer, self.model.metadata))
        indices, notes = match_student_classes(self.model, reference, names, self.path)
        progress.note(notes)
        return ClassMapping(
            indices=indices,
            classes=len(reference.classes),
            probable=self.stated or gives_probabilities(self.model.output_format),
            utilities=self.utilities(),
        )

    def columns(self) -> tuple[tuple[str, bool], ...] | None:
        """Its features: name, and whether it is text; None if crembo did not write it."""
        own = self.metadata
        if own is None:
            return None
        return tuple((each.name, bool(each.categories)) for each in own.features)

    def classifier(self, test: LabelledTable, indices: Indices) -> Classifier:
        """The student as read from its file where that is possible, else the queried model."""
        same_order = (indices == np.arange(len(indices))).all()
        if self.metadata is not None and self.metadata.internals is not None and same_order:
            return self.metadata.internals.student
        return TeacherClassifier(model=self.model, encoding=test.encoding, places=indices)


@contextmanager
def open_student(
    student: str | Path, options: TeacherOptions, threads: int, *, stated: bool
) -> Iterator[OpenedStudent]:
    """Open the classifier in the ONNX file `student`; see `OpenedStudent.stated`.

    Raises StudentError where there is none.
    """
    from crembo_cli.teachers.load import load_teacher
    from crembo_cli.teachers.output_format import LARGEST

    metadata = read_student_metadata(student)
    # Any scores will do: without probabilities the predicted class is measured alone.
    model = load_teacher(
        str(student),
        activation=options.activation if stated else LARGEST,
        hard_labels=options.hard_labels,
        timeout=options.teacher_timeout,
        threads=threads,
    )
    with closing(model):
        model = with_codes(model)
        yield OpenedStudent(path=str(student), model=model, metadata=metadata, stated=stated)
