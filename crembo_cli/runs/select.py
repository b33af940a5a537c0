"""Which student to fit, and how: the requested one, or the best of several candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from crembo_cli.background import Background
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.runs.family_notes import note_one_label, note_unused_options, refuse_no_images
from crembo_cli.runs.options import (
    Progress,
    check_choice,
    check_range,
    count_threads,
    parse_settings,
    parse_synthetic,
    refuse_both,
)
from crembo_cli.runs.quantize import Quantization, parse_quantization, quantize_found
from crembo_cli.search import defaults
from crembo_cli.search.candidates import (
    Budget,
    Candidate,
    candidate,
    candidates_by_tree_depth,
    candidates_of_every_family,
)
from crembo_cli.search.references import References, begin_references
from crembo_cli.search.student import Compression, Search, find_student, label_rows
from crembo_cli.student_file.build import build_model, model_bytes
from crembo_cli.student_file.metadata import candidate_metadata
from crembo_cli.students.contract import Family
from crembo_cli.students.registry import EVERY, attribute_errors, size_of

if TYPE_CHECKING:
    from crembo_cli.dataset.labelled import LabelledTable, Splits
    from crembo_cli.search.comparison import Comparison
    from crembo_cli.student_file.signature import Signature
    from crembo_cli.teachers.contract import Teacher

PREFERENCES = ("readable",)
MAX_SWEEP = 64  # tree depths in one sweep
# Of the search: the student does not depend on them.
UNWRITTEN = {"threads", "device", "path_requested"}


@dataclass(frozen=True, kw_only=True)
class StudentRequest:
    """The students to fit, and how to select one of them."""

    candidates: tuple[Candidate, ...]
    budget: Budget | None  # None: one student was requested, and nothing is compared
    prefer: str | None
    left_out: tuple[StudentError, ...]  # why some installed family is not among the candidates
    quantization: Quantization | None = None  # None: weights stay as they are


def search_options(
    objective: str,
    algorithm: str,
    select: str | None,
    delta: float,
    thresholds: int | None,
    synthetic: int | str,
    seed: int,
    jobs: int | None,
    device: str,
) -> Search:
    """The options of the search, checked. Raises UsageError."""
    check_choice("--objective", objective, defaults.OBJECTIVES)
    check_choice("--algorithm", algorithm, defaults.ALGORITHMS)
    check_choice("--device", device, defaults.DEVICES)
    if objective == "scores":
        # Thresholds of the teacher's probabilities have no part in their reproduction.
        memo = algorithm if algorithm != defaults.ALGORITHM else None
        others = {"--algorithm": memo, "--select": select, "--thresholds": thresholds}
        refuse_both("--objective scores", others)
    if algorithm == "memo":
        refuse_both("--algorithm memo", {"--select": select, "--thresholds": thresholds})
    path_requested = thresholds is not None or select == "accuracy"
    select = defaults.SELECT if select is None else select
    thresholds = defaults.THRESHOLDS if thresholds is None else thresholds
    check_choice("--select", select, defaults.SELECTS)
    check_range("--delta", delta, 0.0, 0.999)
    check_range("--thresholds", thresholds, 1, 1000)
    check_range("--seed", seed, 0, 2**32 - 1)
    return Search(
        objective=objective,
        algorithm=algorithm,
        select=select,
        delta=delta,
        thresholds=thresholds,
        synthetic=parse_synthetic(synthetic),
        seed=seed,
        threads=count_threads(jobs),
        device=device,
        path_requested=path_requested,
    )


def request_students(
    student: str,
    settings: Mapping[str, object] | Sequence[str] | None,
    *,
    max_depth: int | str | None,
    max_leaves: int | None,
    max_bytes: int | None,
    max_parameters: int | None,
    prefer: str | None,
    quantize: str | None,
    quantize_loss: float | None,
) -> StudentRequest:
    """The candidates of `--student` and the options that go with it.

    Raises UsageError for options that exclude each other, StudentError for what a family does
    not accept.
    """
    if prefer is not None:
        check_choice("--prefer", prefer, PREFERENCES)
    low, high = _parse_depths(max_depth)
    options = parse_settings(settings)
    budget = Budget(bytes=max_bytes, leaves=max_leaves, parameters=max_parameters)
    if student == EVERY:
        refuse_both("--student auto", {"--quantize": quantize, "--quantize-loss": quantize_loss})
        return _request_every_family(options, low, high, budget, prefer, max_depth)
    refuse_both(f"--student {student}", {"--prefer": prefer})
    quantization = parse_quantization(student, quantize, quantize_loss)
    if low is not None and high is not None and low != high:
        options = _with_options(options, {"max_leaves": max_leaves})
        if "max_depth" in options:
            raise UsageError("max_depth is set twice", where=f"--max-depth {max_depth}")
        swept = candidates_by_tree_depth(student, options, low, high)
        return StudentRequest(candidates=tuple(swept), budget=budget, prefer=None, left_out=())
    for option, value in {"--max-bytes": max_bytes, "--max-parameters": max_parameters}.items():
        if value is not None:
            raise UsageError(
                "not available for a single student",
                where=f"{option} {value}",
                hint=f"use --student auto, or --require '{option.removeprefix('--max-')}<={value}'",
            )
    options = _with_options(options, {"max_depth": high, "max_leaves": max_leaves})
    return StudentRequest(
        candidates=(candidate(student, options),),
        budget=None,
        prefer=None,
        left_out=(),
        quantization=quantization,
    )


def _request_every_family(
    options: Mapping[str, str],
    low: int | None,
    high: int | None,
    budget: Budget,
    prefer: str | None,
    max_depth: int | str | None,
) -> StudentRequest:
    """The candidates of `--student auto`."""
    first = next((f"{key}={value}" for key, value in options.items()), None)
    refuse_both("--student auto", {"--set": first})
    if high == 0:
        raise _invalid_tree_depth(max_depth)
    if low != high:
        raise UsageError(
            "a sweep needs one family",
            where=f"--max-depth {max_depth}",
            found="--student auto",
            hint=f"use --max-depth {high} as the limit, or --student tree",
        )
    budget = Budget(**{**budget.limits(), **({} if high is None else {"tree_depth": high})})
    candidates, errors = candidates_of_every_family(budget, readable=prefer is not None)
    return StudentRequest(
        candidates=tuple(candidates), budget=budget, prefer=prefer, left_out=tuple(errors)
    )


def _with_options(options: dict[str, str], extra: Mapping[str, int | None]) -> dict[str, str]:
    """`options` with those of `extra` that are given; raises UsageError for one set twice."""
    given = {key: str(value) for key, value in extra.items() if value is not None}
    twice = next((key for key in given if key in options), None)
    if twice is not None:
        raise UsageError(f"{twice} is set twice", where=f"--set '{twice}={options[twice]}'")
    return {**given, **options}


def _parse_depths(value: int | str | None) -> tuple[int | None, int | None]:
    """The least and the largest tree depth of `--max-depth`; None where it is not given."""
    if value is None:
        return None, None
    match = re.fullmatch(r"([0-9]{1,3})(?:\.\.([0-9]{1,3}))?", str(value))
    low, high = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
    if not low <= high < low + MAX_SWEEP:
        raise _invalid_tree_depth(value)
    return low, high


def _invalid_tree_depth(value: int | str | None) -> UsageError:
    return UsageError(
        "invalid tree depth",
        where="--max-depth",
        found=repr(value),
        wanted="a whole number such as 5, or a sweep such as 2..8",
    )


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The student that was selected, and what it was compared with."""

    family: Family
    found: Compression
    comparison: Comparison | None = None  # None: one student was requested
    prefer: str | None = None
    references: References = field(default_factory=dict)  # what other families would reach


def select_student(
    request: StudentRequest,
    search: Search,
    splits: Splits,
    teacher: Teacher,
    signature: Signature,
    version: str,
    progress: Progress,
    background: Background,
    names: Sequence[str] | None = None,
) -> Selected:
    """Fit the requested student, or all candidates and select one of them.

    Nothing of it depends on the test rows.
    """
    refuse_no_images([each.family for each in request.candidates], splits.train.shape)
    rows = label_rows(splits.without_test(), teacher, search, progress.stage)
    if request.budget is None:
        family = request.candidates[0].family
        progress.note(note_unused_options(family, search))
        references = begin_references(rows[0], family, search, background)
        with attribute_errors(family):
            found = find_student(rows[0], rows[1], family, search, progress.stage)
            size_of(family, found.student)
        progress.note(note_one_label(family, search, found))
        found = quantize_found(found, search, request.quantization)
        return Selected(family=family, found=found, references=references)
    from crembo_cli.search.comparison import compare_candidates

    progress.note([f"not among the candidates: {error}" for error in request.left_out])

    def bytes_of(each: Candidate, found: Compression) -> int:
        metadata = metadata_of(
            each.family, found, search, splits.train, teacher, version, names, signature
        )
        model = build_model(found.student, signature, teacher.classes, metadata, version)
        return len(model_bytes(model))

    comparison = compare_candidates(
        request.candidates,
        (rows[0], rows[1], rows[2]),
        request.budget,
        search,
        bytes_of,
        progress.stage,
    )
    progress.note([f"not among the candidates: {error}" for error in comparison.failed])
    chosen = comparison.entries[comparison.chosen]
    family, found = chosen.candidate.family, chosen.found
    return Selected(family=family, found=found, comparison=comparison, prefer=request.prefer)


def metadata_of(
    family: Family,
    found: Compression,
    search: Search,
    train: LabelledTable,
    teacher: Teacher,
    version: str,
    names: Sequence[str] | None,
    signature: Signature,
) -> dict[str, str]:
    """The metadata of a student that was found, without its test results."""
    settings = {name: value for name, value in asdict(search).items() if name not in UNWRITTEN}
    rows = {"synthetic": len(found.train.rows) - found.train.real, "steps": len(found.steps)}
    return candidate_metadata(
        family,
        found.student,
        teacher,
        train,
        search=settings | rows,
        threshold=found.threshold,
        units=train.units.tolist(),
        version=version,
        names=names,
        form=signature.form,
    )
