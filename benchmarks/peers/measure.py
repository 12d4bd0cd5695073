"""One program, one question, one panel: asked in this process, whose interpreter has the program.

    .venv-peers/bin/python -m benchmarks.peers.measure with_azcausal sdid 200x100 ANSWER.npz

Prints one JSON object: seconds, megabytes, repetitions. The answer goes into the file.
"""

import contextlib
import json
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measuring.alone import spend
from benchmarks.measuring.panels import named
from benchmarks.peers.answers import Adapter, keep


def main() -> None:
    """Ask, and say what it cost."""
    module, question, size, path = sys.argv[1:]
    adapter: Adapter = import_module(f"benchmarks.peers.{module}").ADAPTERS[question]
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        call, read = adapter(named(size))
        cost, found = spend(call, compiles=module == "with_liftledger")
        keep(read(found), Path(path))
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
