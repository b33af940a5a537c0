"""Every family in every client that is here, on rows on every edge, against onnxruntime.

Rows are real ones, thresholds and one ulp beside, missing, unseen, infinite and very large ones.
A cell is `equal` (all labels, and probabilities within 1e-6), `refused` with the reason below the
table, or `differs` with the number of labels; then the exit code is 1.

    python benchmarks/clients.py                 what this environment has
    python benchmarks/clients.py --docs          the same, and write it into docs/runtimes.md
    python benchmarks/clients.py --no-servers --clients node --families tree boosted

Variables name what lives elsewhere: CREMBO_OLD_ONNXRUNTIME and CREMBO_OLD_ONNX (Pythons that have
old wheels, separated by colons), CREMBO_NODE_MODULES (a folder node_modules with onnxruntime-node,
onnxruntime-web, older ones as ort-node-old and ort-web-old, and MicroPython's package),
CREMBO_POSTGRES (a connection string) and CREMBO_MARIADB (the path of a socket).
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from client_code import code_clients  # noqa: E402  # after the path
from client_models import AbsentError, Client, RefusedError, feeds_of, model_clients  # noqa: E402

from crembo_cli.explanations.python import python_of  # noqa: E402
from crembo_cli.student_file.form import FileForm  # noqa: E402
from tests.explanations.edge_rows import Case, make_case  # noqa: E402

# cnn takes images, which have no edges of this kind: its own tests run it.
FAMILIES = ["tree", "rules", "oblique", "linear", "additive", "mlp", "boosted"]
FAMILIES += ["net"] if find_spec("torch") else []
EQUAL, PROBABILITY = "equal", 1e-6
PAGE, BEGIN, END = ROOT / "docs" / "runtimes.md", "<!-- clients -->", "<!-- end of clients -->"
ENOUGH = 0.2  # seconds of a measurement


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, and return 1 if a cell differs."""
    options = _options().parse_args(arguments)
    warnings.simplefilter("ignore")  # of the clients' libraries; what matters is what they answer
    with TemporaryDirectory() as folder:
        cases = {
            (family, portable): _case(Path(folder), family, portable)
            for family in options.families
            for portable in (False, True)
        }
        clients = [
            each
            for each in (*model_clients(), *code_clients())
            if not (each.server and options.no_servers)
            and any(part in each.name for part in options.clients)
        ]
        lines, reasons, left_out, wrong = _compare(clients, cases, options.families)
        speed = _speed(cases, options.families)
    text = "\n".join([*lines, "", *reasons, *left_out, "", *speed])
    print(text)
    if options.docs:
        page = PAGE.read_text("utf-8")
        block = f"{BEGIN}\n{text}\n{END}"
        pattern = f"{re.escape(BEGIN)}.*{re.escape(END)}"
        PAGE.write_text(re.sub(pattern, lambda _: block, page, flags=re.S), "utf-8")
    return int(wrong)


def _options() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="+", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--clients", nargs="+", default=[""], help="parts of their names")
    parser.add_argument("--no-servers", action="store_true", help="leave databases' servers out")
    parser.add_argument("--docs", action="store_true", help=f"write the tables into {PAGE.name}")
    return parser


def _case(folder: Path, family: str, portable: bool) -> Case:
    own = folder / f"{family}-{portable}"
    own.mkdir()
    return make_case(own, family, form=FileForm(portable=portable))


def _compare(
    clients: Sequence[Client], cases: dict[tuple[str, bool], Case], families: Sequence[str]
) -> tuple[list[str], list[str], list[str], bool]:
    """The table, the reasons of refusals, the clients that are not here, whether a cell differs."""
    lines = [f"| client | {' | '.join(families)} |", "|---" * (len(families) + 1) + "|"]
    reasons: dict[str, int] = {}
    left_out: list[str] = []
    for client in clients:
        cells = []
        try:
            for family in families:
                cells.append(_cell(client, cases[family, client.portable], reasons))
                print(f"{client.name}, {family}: {cells[-1]}", file=sys.stderr)
        except AbsentError as needs:
            left_out.append(f"- not here, {client.name}: {needs}")
            continue
        lines.append(f"| {client.name} | {' | '.join(cells)} |")
    wrong = any("differs" in line for line in lines)
    return lines, [f"- ({number}) {text}" for text, number in reasons.items()], left_out, wrong


def _cell(client: Client, case: Case, reasons: dict[str, int]) -> str:
    if client.finite:
        case = _finite_rows(case)
    try:
        labels, probabilities = client.run(case)
    except RefusedError as refusal:
        number = reasons.setdefault(str(refusal), len(reasons) + 1)
        return f"refused ({number})"
    pairs = zip(labels, case.labels, strict=True)
    different = sum(str(one) != str(other) for one, other in pairs)
    near = np.allclose(probabilities, case.probabilities, rtol=0, atol=PROBABILITY)
    return EQUAL if not different and near else f"differs ({different} of {len(labels)})"


def _finite_rows(case: Case) -> Case:
    """The case without the rows that hold an infinite number."""
    kept = [
        k
        for k, row in enumerate(case.rows)
        if not any(isinstance(cell, float) and math.isinf(cell) for cell in row.values())
    ]
    return replace(
        case,
        rows=[case.rows[k] for k in kept],
        labels=[case.labels[k] for k in kept],
        probabilities=case.probabilities[kept],
    )


def _speed(cases: dict[tuple[str, bool], Case], families: Sequence[str]) -> list[str]:
    """One row at a time: onnxruntime, the portable form in it, and the generated Python."""
    lines = [
        "| one row at a time | onnxruntime | `--portable` in it | generated Python |"
        " file | portable |",
        "|---|---|---|---|---|---|",
    ]
    for family in families:
        plain, portable = cases[family, False], cases[family, True]
        module: dict[str, Any] = {}
        exec(python_of(plain.explained), module)
        row = plain.rows[0]
        own = _seconds(_run_of(plain))
        others = (_seconds(_run_of(portable)), _seconds(lambda: module["predict_proba"](row)))  # noqa: B023  # called at once
        sizes = [each.path.stat().st_size for each in (plain, portable)]
        lines.append(
            f"| {family} | {own * 1e6:.0f} µs | "
            + " | ".join(f"{each / own:.1f} times" for each in others)
            + f" | {sizes[0]:,} | {sizes[1]:,} |"
        )
    return lines


def _run_of(case: Case) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(case.path, options, providers=["CPUExecutionProvider"])
    coded = any(each.type == "tensor(int64)" for each in session.get_inputs())
    feeds = {name: cells[:1] for name, cells in feeds_of(case, coded).items()}
    return lambda: session.run(["label", "probabilities"], feeds)


def _seconds(call: Callable[[], object]) -> float:
    """The shortest of many calls: what else the machine does makes others longer."""
    best, begun = math.inf, perf_counter()
    while perf_counter() - begun < ENOUGH:
        start = perf_counter()
        for _ in range(10):
            call()
        best = min(best, (perf_counter() - start) / 10)
    return best


if __name__ == "__main__":
    sys.exit(main())
