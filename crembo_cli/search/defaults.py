"""Every default of a run, in one place: the command line, the library and the docs read it."""

from __future__ import annotations

STUDENT = "tree"
OBJECTIVE, OBJECTIVES = "labels", ("labels", "scores")
ALGORITHM, ALGORITHMS = "crembo", ("crembo", "memo")
SELECT, SELECTS = "depth", ("depth", "accuracy")
DELTA = 0.05  # share of rows that may lie below the insensitive depth
THRESHOLDS = 32
TEST_SIZE = 0.2  # share of the rows of DATA
VALIDATION_SIZE = 0.1  # share of the rows that are not test rows
COMPARISON_SIZE = 0.1  # share of the training rows, where several candidates are compared
SEED = 0
ACTIVATION = "auto"
TEMPERATURE = "1"  # of the teacher's probabilities: as they are
TEACHER_TIMEOUT = 600.0  # seconds without progress
OUTPUTS, OUTPUT_FORMS = "tensor", ("tensor", "columns", "zipmap")
FITTERS = ("scipy.optimize", "crembo_cli.students.tree.kernels")  # of references and refits
DEVICE, DEVICES = "auto", ("auto", "cpu", "cuda")
QUANTIZATIONS = ("int8",)
QUANTIZABLE = ("cnn", "mlp", "net")  # families
QUANTIZE_LOSS = 0.005  # of the mean teacher probability on validation rows
METADATA, METADATA_LEVELS = "full", ("full", "short", "none")

SYNTHETIC_PER_ROW = 60
MAX_TRAINING_ROWS = 32_000  # real and synthetic ones together, unless the user asks for more
VALIDATION_DIVISOR = 4  # one synthetic validation row per this many synthetic training rows
ROWS = "auto"  # of DATA that the teacher is queried about:
# At most this many to fit and validate on, and to test on; benchmarks/NOTES.md has what more bring.
FIT_ROWS, TEST_ROWS = 100_000, 100_000
MOST_FIT_ROWS = 1_000_000  # the same for `--rows all`, so that memory does not grow with the rows
MEASURED_ROWS = 1_000_000  # at most this many to measure a student on that exists
PATH_ROWS = 60_000  # larger training sets are sampled for the path; the result is then fine-tuned
