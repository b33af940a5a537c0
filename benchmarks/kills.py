"""Kill `crembo compress` at random moments and look at what is left.

Each run writes a student and three reports over old ones. SIGINT, SIGTERM and SIGKILL take turns;
the moment is drawn from the length of a whole run, every fourth one from its last tenth, where
the files are written. After each kill: each file is whole, all files are of one run, the exit code
is right, no process of the run is left. The next run has nothing but its outputs in the folder.

    python benchmarks/kills.py [--kills 100] [--seed 0] [--first 0] [--minutes 60]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import onnx

SAMPLES = Path(__file__).parent.parent / "sample_models"
INPUTS = [str(SAMPLES / name) for name in ("wine_mlp.onnx", "wine.csv")]
ENDS = {"r.json": "}\n", "r.html": "</html>\n", "r.md": "\n"}
REPORTS = tuple(ENDS)
COMMAND = [
    *(sys.executable, "-m", "crembo_cli", "compress", *INPUTS, "-o", "s.onnx", "-q"),
    *("--quick-report", "--synthetic", "0", "--thresholds", "4"),
    *(word for name in REPORTS for word in ("--report", name)),
]
# One fit in this process, or two in parallel processes.
KINDS = ([], [], [], ["--max-depth", "2..3"])
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}
LAST = 0.9  # share of a run after which it writes its files
GONE = 10.0  # seconds that child processes get to notice that their parent was killed
TAG = "CREMBO_KILLS"  # an environment variable by which a run's processes are found


def start(folder: Path, number: int, tag: str) -> subprocess.Popen[str]:
    """Start a run; its seed makes its files differ from those of other runs."""
    return subprocess.Popen(
        [*COMMAND, *KINDS[number % len(KINDS)], "--seed", str(number)],
        cwd=folder,
        env={**os.environ, TAG: tag},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes(tag: str) -> list[int]:
    """The processes that have the tag in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if f"{TAG}={tag}\0".encode() in (path / "environ").read_bytes():
                found.append(int(path.name))
        except OSError:  # gone, or another user's
            continue
    return found


def faults(folder: Path) -> list[str]:
    """What is wrong with the outputs in `folder`: a broken file, or files of several runs."""
    found = []
    content = (folder / "s.onnx").read_bytes()
    try:
        onnx.checker.check_model(onnx.load_from_string(content))
    except Exception as error:  # whatever a broken file makes of the parser
        found.append(f"broken s.onnx: {error}")
    seeds = set()
    for name in REPORTS:
        path = folder / name
        if not path.exists():
            continue  # an old one is taken away before the student is replaced
        text = path.read_text()
        if not text.endswith(ENDS[name]):
            found.append(f"broken {name}")
        seeds |= set(re.findall(r"seed\W{1,3}(\d+)", text))
        if (
            name == "r.json"
            and json.loads(text)["student"]["sha256"] != sha256(content).hexdigest()
        ):
            found.append("s.onnx and r.json of different runs")
    if len(seeds) > 1:
        found.append(f"reports of several runs: seeds {sorted(seeds)}")
    return found


def main() -> None:
    """Run the kills and print what they left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first kill")
    parser.add_argument("--minutes", type=float, default=60, help="stop after so long")
    options = parser.parse_args()
    # A shell's background job ignores Ctrl-C, and so would the runs it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        seconds = []
        for number in (0, len(KINDS) - 1):
            begun = time.perf_counter()
            run = start(folder, number, "whole")
            _, err = run.communicate()
            assert run.returncode == 0, err
            seconds.append(time.perf_counter() - begun)
        print(f"whole runs take {' and '.join(f'{each:.1f} s' for each in seconds)}", flush=True)
        end = time.perf_counter() + 60 * options.minutes
        for number in range(options.first, options.first + options.kills):
            rng = random.Random(options.seed * 1_000_000 + number)
            if time.perf_counter() > end:
                break
            share = rng.uniform(LAST, 1) if rng.random() < 0.25 else rng.uniform(0, 1)
            by = SIGNALS[number % len(SIGNALS)]
            run = start(folder, number, str(number))
            time.sleep(seconds[bool(KINDS[number % len(KINDS)])] * share)
            run.send_signal(by)
            _, err = run.communicate(timeout=60)
            ended = time.perf_counter()
            left = processes(str(number))
            while left and time.perf_counter() - ended < GONE:
                time.sleep(0.05)
                left = processes(str(number))
            code = run.returncode
            # Before and after Python runs, the signal itself ends the process: in a shell, the
            # same code.
            right = code in {0, CODES[by], -by}
            bad = [*faults(folder), *(f"a process is left: {each}" for each in left)]
            bad += [] if right else [f"exit code {code}"]
            bad += ["a traceback"] if "Traceback" in err else []
            print(f"kill {number}: {by.name} after {share:.0%}, code {code}", flush=True)
            counts["kills"] += 1
            counts[f"{by.name} ended with {code if code >= 0 else 128 - code}"] += 1
            counts["parts left by a kill"] += len(list(folder.glob(".crembo-*")))
            counts["faults"] += len(bad)
            for each in bad:
                print(f"kill {number}, {by.name} after {share:.0%}: {each}\n{err}", flush=True)
        run = start(folder, 0, "last")
        run.communicate()
        stray = sorted({each.name for each in folder.iterdir()} - {"s.onnx", *REPORTS})
        counts["stray files after the next run"] = len(stray)
        counts["faults after the next run"] = len(faults(folder))
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")


if __name__ == "__main__":
    main()
