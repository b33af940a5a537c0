"""The student of a run: the one that was asked for, or the one that a contest finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crembo_cli.commands.messages import Messages
from crembo_cli.compression import Compression, Search, label_rows, search_student
from crembo_cli.evidence import Parts
from crembo_cli.export.model import build_model, model_bytes
from crembo_cli.export.signature import Signature
from crembo_cli.frontier.model import Frontier, explore
from crembo_cli.report.build import provenance
from crembo_cli.students.contract import Family
from crembo_cli.students.plugged import blaming, size_of

if TYPE_CHECKING:
    from crembo_cli.commands.families import Asked
    from crembo_cli.frontier.contenders import Contender
    from crembo_cli.teachers.contract import Teacher


def searched(
    asked: Asked,
    search: Search,
    parts: Parts,
    teacher: Teacher,
    signature: Signature,
    crembo: str,
    messages: Messages,
) -> tuple[Family, Compression, Frontier | None]:
    """The family, what was found for it, and the contest that it won, where there was one."""
    rows = label_rows(parts.untested(), teacher, search, messages.stage)
    if asked.budget is None:
        family = asked.contenders[0].family
        messages.note(_unused(family, search))
        with blaming(family):
            found = search_student(rows[0], rows[1], family, search, messages.stage)
            size_of(family, found.student)
        return family, found, None
    messages.note([f"not among the students: {fault}" for fault in asked.left_out])

    def bytes_of(contender: Contender, found: Compression) -> int:
        metadata = provenance(contender.family, search, teacher, parts, found, crembo)
        model = build_model(found.student, signature, teacher.classes, metadata, crembo)
        return len(model_bytes(model))

    fit, held, contest = rows
    frontier = explore(
        asked.contenders, (fit, held, contest), asked.budget, search, bytes_of, messages.stage
    )
    messages.note([f"not among the students: {fault}" for fault in frontier.failed])
    chosen = frontier.entries[frontier.chosen]
    return chosen.contender.family, chosen.found, frontier


def _unused(family: Family, search: Search) -> list[str]:
    """What was asked of the search and means nothing to `family`."""
    most, path = family.thresholds, search.algorithm == "crembo"
    if most is None or not path:
        return []
    found = []
    if search.thresholds not in {Search.thresholds, *range(most + 1)}:
        gains = f"from {most} of them at most" if most else "from none"
        found.append(f"--thresholds {search.thresholds}: {family.name} students gain {gains}")
    if search.select == "accuracy" and most == 0:
        found.append(f"--select accuracy: {family.name} students have no thresholds to choose from")
    return found
