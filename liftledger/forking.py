"""`python -m liftledger.forking`: a process that has imported everything, and copies itself.

Before it can claim its first run a worker imports for ten seconds of processor time, which is a
minute on a busy machine; the run of a worker that died would wait for that. Here it is paid once:
this process imports, works on nothing, holds neither connection nor thread, and forks a worker each
time it is asked. Pages of memory that nobody writes to are shared by all of them.

    standard input    a newline: one more worker        closed: end, and every worker with it
    standard output   `started PID`, `ended PID CODE`; a negative code is the signal, as everywhere

A fork copies one thread, and whatever locks the others hold. So where this is not the only thread,
and on systems whose libraries may not bear it (any but Linux), each worker is started anew.
"""

import gc
import os
import select
import signal
import sys
from pathlib import Path

# before pyarrow loads, whose allocator has a thread of its own that tidies up
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"

import liftledger.command_line  # noqa: F401  (one thread per matrix product, before numpy)
from liftledger import worker

THREADS = Path("/proc/self/task")  # of Linux


def main() -> None:
    """Serve until standard input closes."""
    report = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no report
    ended, ends = os.pipe()
    os.set_blocking(ends, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # so that the next line is told of it
    signal.set_wakeup_fd(ends, warn_on_full_buffer=False)
    life, lives = os.pipe()  # nothing is written to it: workers read that we are gone
    forks = THREADS.is_dir() and _import_all()
    while True:
        readable, _, _ = select.select([0, ended], [], [])
        if ended in readable:
            os.read(ended, 4096)
            _report_the_dead(report)
        if 0 in readable:
            wanted = os.read(0, 4096)
            if not wanted:
                return
            for _ in wanted:
                pid = _forked(life, (report, ended, ends, lives)) if forks else _started(life)
                os.write(report, f"started {pid}\n".encode())


def _import_all() -> bool:
    """Whether this is still the only thread."""
    from flows.working import get_ready

    get_ready()
    gc.collect()
    gc.freeze()  # what is there by now stays; counting it again would copy every page
    return len(list(THREADS.iterdir())) == 1


def _forked(life: int, ours: tuple[int, ...]) -> int:
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(life, 0)
        for descriptor in (life, *ours):
            os.close(descriptor)
        worker.main()  # which does not return
    return pid


def _started(life: int) -> int:
    words = [sys.executable, "-m", "liftledger.worker"]
    given = [(os.POSIX_SPAWN_DUP2, life, 0)]
    return os.posix_spawn(sys.executable, words, os.environ, file_actions=given, setsid=True)


def _report_the_dead(report: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        os.write(report, f"ended {pid} {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()
