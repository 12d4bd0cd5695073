"""`python -m liftledger.worker`: one worker process of `liftledger run --all-due`.

DATABASE_URL names the database. It ends when standard input closes, which happens however whoever
started it ends, and lets go of what it holds; SIGTERM does the same.
"""

import os
import signal
import sys
import threading

import liftledger.command_line  # noqa: F401  (one thread per matrix product, before numpy loads)
from liftledger.ending import ending


def main() -> None:
    """Work until ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    ending(_work, debug=lambda: False)


def _work() -> None:
    from flows.working import work

    work(os.environ["DATABASE_URL"])


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
