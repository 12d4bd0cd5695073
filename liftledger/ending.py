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


CODES = {
    "checks.errors.ChecksFailed": DATA_REFUSED,
    "estimators.core.errors.EstimationError": DATA_REFUSED,
    "studies.errors.InvalidPlan": WRONG_USAGE,
    "studies.errors.InvalidPromotion": DATA_REFUSED,
    "storage.errors.UnknownStudy": WRONG_USAGE,
    "storage.errors.UnknownResult": WRONG_USAGE,
    "storage.errors.UnknownPromotion": WRONG_USAGE,
    "storage.errors.ReasonMissing": WRONG_USAGE,
    "storage.errors.UnknownAlert": WRONG_USAGE,
    "storage.errors.StorageError": FAILED,
    "flows.prefect_server.PrefectUnavailable": FAILED,
    "flows.spreading.NoTaskRunner": FAILED,
    "tasks.cluster.ClusterUnfit": FAILED,
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
    signal.signal(signal.SIGALRM, _stop_again)
    sys.unraisablehook = _do_not_lose
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
    except BrokenPipeError:
        return FAILED  # whoever read our output left: `| head`
    except SystemExit as end:  # what typer makes of that
        return end.code if isinstance(end.code, int) else FAILED
    except BaseException as error:  # noqa: BLE001  (the last line of defence: one line, no traceback)
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


def _do_not_lose(lost: "sys.UnraisableHookArgs") -> None:
    """A signal may arrive while Python clears up memory, where exceptions are only printed."""
    if not issubclass(lost.exc_type, Interrupted | Terminated):
        sys.__unraisablehook__(lost)
        return
    _lost.append(lost.exc_type)
    signal.setitimer(signal.ITIMER_REAL, 0.02)  # once more, in a moment


def _stop_again(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise _lost.pop()


_lost: list[type[BaseException]] = []


def _explained(error: BaseException) -> tuple[int, str]:
    """Exit code and message of an error; those nobody foresaw say how to see more."""
    wish: BaseException | None = error
    while wish is not None:  # a library that was broken off may end with an error of its own
        if isinstance(wish, Interrupted | KeyboardInterrupt):
            stored = getattr(error, "__notes__", ["nothing was stored"])
            return INTERRUPTED, "; ".join(["interrupted", *stored])
        if isinstance(wish, Terminated):
            return TERMINATED, "asked to end; nothing was half-written"
        wish = wish.__context__
    # by name: importing the rooms that define them would cost seconds to say one line
    for kind in type(error).__mro__:
        code = CODES.get(f"{kind.__module__}.{kind.__name__}")
        if code is not None:
            return code, str(error)
    text = " ".join(str(error).split()) or "no message"
    return FAILED, f"{type(error).__name__}: {text}; run again with --debug to see where"


def _say(message: str) -> None:
    """What a label or a name in it would make of a terminal is left out of it."""
    lines = "\n".join(
        "".join(c if c.isprintable() or c == "\u00a0" else "�" for c in line)
        for line in message.split("\n")
    )
    sys.stderr.write(f"liftledger: {lines}\n")
