"""The option `--quantize`: a student whose weights have 8 bits, if it loses little."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crembo_cli.core.beliefs import depth_by_row, mean_belief
from crembo_cli.core.utilities import expected_utilities
from crembo_cli.errors import StudentError, UsageError
from crembo_cli.runs.options import check_choice, check_range
from crembo_cli.search import defaults
from crembo_cli.search.student import Compression, Search
from crembo_cli.students.contract import Student
from crembo_cli.students.decided import DecidedStudent, decide
from crembo_cli.students.quantized import can_quantize, quantize


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """How small the weights become, and what that may cost."""

    most_lost: float  # of the mean teacher probability on validation rows


def parse_quantization(family: str, form: str | None, loss: float | None) -> Quantization | None:
    """The options `--quantize` and `--quantize-loss`; None without them.

    Raises UsageError, and StudentError for a `family` other than a net.
    """
    if form is None:
        if loss is not None:
            raise UsageError("--quantize-loss needs --quantize", found=f"{loss:g}")
        return None
    check_choice("--quantize", form, defaults.QUANTIZATIONS)
    most = defaults.QUANTIZE_LOSS if loss is None else loss
    check_range("--quantize-loss", most, 0, 1)
    if family not in defaults.QUANTIZABLE:
        raise StudentError(
            "int8 weights are not available for the family",
            where="--quantize",
            found=repr(family),
            wanted=" or ".join(defaults.QUANTIZABLE),
        )
    return Quantization(most_lost=most)


def quantize_found(found: Compression, search: Search, wanted: Quantization | None) -> Compression:
    """The student that was found, quantised if that is `wanted`, calibrated on its training rows.

    Raises StudentError where it loses more of the mean teacher probability of what it predicts
    on the validation rows than is allowed.
    """
    if wanted is None:
        return found
    utilities = search.utility_matrix()
    plain = found.student.student if isinstance(found.student, DecidedStudent) else found.student
    assert can_quantize(plain), "families that cannot are refused"
    student = decide(quantize(plain, found.train.rows), utilities)
    worth = expected_utilities(found.validation.beliefs, utilities)

    def score(each: Student) -> float:
        return mean_belief(depth_by_row(worth, each.predict(found.validation.rows)))

    before, after = score(found.student), score(student)
    if before - after > wanted.most_lost:
        raise StudentError(
            "the student with int8 weights loses too much mean teacher probability",
            found=f"{after:.4f} on the validation rows, {before:.4f} with weights of 32 bits",
            wanted=f"a loss of at most {wanted.most_lost:g}",
            hint="allow more with --quantize-loss, or leave --quantize out",
        )
    return replace(found, student=student)
