"""How much of crembo a command runs: the files in which a function is called, and their lines.

Counts the command's own process, not the teacher's. Prints one line with the totals, then the
files. Importing a file does not count; calling a function of it does.

    python benchmarks/files.py compress TEACHER DATA -o /tmp/student.onnx
"""

from __future__ import annotations

import inspect
import sys
import threading
from pathlib import Path
from types import FrameType

import crembo_cli

ROOT = Path(crembo_cli.__file__).parent


def run_profiled(arguments: list[str]) -> tuple[int, set[Path]]:
    """The exit code of a command line, and the files of crembo in which a function was called."""
    called: set[str] = set()

    def record(frame: FrameType, event: str, argument: object) -> None:
        del argument
        code = frame.f_code
        # A module's own code and a class's body are imports, not calls.
        if event == "call" and code.co_flags & inspect.CO_OPTIMIZED:
            called.add(code.co_filename)

    threading.setprofile(record)
    sys.setprofile(record)
    try:
        from crembo_cli.commands.app import run

        exit_code = run(arguments)
    finally:
        sys.setprofile(None)
    return exit_code, {Path(each) for each in called if Path(each).is_relative_to(ROOT)}


def main() -> None:
    """Run the command line given as arguments and print what it used."""
    exit_code, files = run_profiled(sys.argv[1:])
    sizes = {each: len(each.read_text().splitlines()) for each in files}
    total = f"{len(files)} files, {sum(sizes.values())} lines"
    print(f"exit code {exit_code}: {total}", file=sys.stderr)
    for each in sorted(files):
        print(f"{sizes[each]:5} {each.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
