"""How a command ends: the exit code, and one clear line when it is not 0.

0 done; 1 failed; 2 wrong usage (the command, a name, or the study file); 3 the data did not pass
the checks; 130 Ctrl-C; 143 asked to end (SIGTERM).
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

FAILED, WRONG_USAGE, DATA_REFUSED, INTERRUPTED, TERMINATED = 1, 2, 3, 130, 143


NOTHING_STORED = "nothing was stored"
CODES = {
    "checks.errors.ChecksFailed": DATA_REFUSED,
    "estimators.core.errors.EstimationError": DATA_REFUSED,
    "studies.errors.InvalidPlan": WRONG_USAGE,
    "storage.errors.UnknownStudy": WRONG_USAGE,
    "storage.errors.UnknownResult": WRONG_USAGE,
    "storage.errors.StorageError": FAILED,
    "flows.prefect_server.PrefectUnavailable": FAILED,
    "liftledger.ending.Failure": FAILED,
}


class Failure(Exception):
    """A command that cannot go on, for a reason found here rather than in a room below."""


class Interrupted(BaseException):
    """Ctrl-C, in a form that no library on the way answers by itself, as typer does."""


class Terminated(BaseException):
    """The system asked this process to end; blocks are left through their `finally`."""


def ending(command: Callable[[], int | None], *, debug: Callable[[], bool]) -> NoReturn:
    """Run a command and end the process with its exit code, whatever its threads still do."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)  # else it is ignored, as behind nohup: leave it so
    for wish in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, _stop)
    code = exit_code(command, debug=debug)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)  # an estimator that computes cannot be stopped in any other way


def exit_code(command: Callable[[], int | None], *, debug: Callable[[], bool]) -> int:
    """Run a command; say on stderr, in one line, what went wrong."""
    try:
        return command() or 0
    except Interrupted as interrupted:
        _say("interrupted; " + "; ".join(getattr(interrupted, "__notes__", [NOTHING_STORED])))
        return INTERRUPTED
    except Terminated:
        _say("asked to end; nothing was half-written")
        return TERMINATED
    except BrokenPipeError:
        return FAILED  # whoever read our output left: `| head`
    except Exception as error:  # noqa: BLE001  (the last line of defence: one line, not a traceback)
        if debug():
            traceback.print_exc()
        code, line = _explained(error)
        _say(line)
        return code


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (what signal calls)
    # a second wish must not break off the clearing up that the first one started
    for wish in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(wish, signal.SIG_IGN)
    raise Interrupted if number == signal.SIGINT else Terminated


def _explained(error: Exception) -> tuple[int, str]:
    """Exit code and message of an error; those nobody foresaw say how to see more."""
    # by name: importing the rooms that define them would cost seconds to say one line
    for kind in type(error).__mro__:
        code = CODES.get(f"{kind.__module__}.{kind.__name__}")
        if code is not None:
            return code, str(error)
    text = " ".join(str(error).split()) or "no message"
    return FAILED, f"{type(error).__name__}: {text}; run again with --debug to see where"


def _say(line: str) -> None:
    sys.stderr.write(f"liftledger: {line}\n")
