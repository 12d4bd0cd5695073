"""`python -m flows.listening`: an ear at the database, which lets `watch` look when it is worth it.

It looks when it starts, when the database says that something changed, and every so often, because
days pass and leases run out without a notice. A look is cheap and leaves no flow run behind; only
where it finds something does the flow run, in this process, which has all of it imported. Data that
are late are told by the schedule of `watch`.
"""

import logging
import sys
import time
from collections.abc import Callable

from flows.watch import watch
from storage import leases
from storage.errors import DatabaseUnavailable
from storage.ledger import ledger
from storage.notices import listening
from storage.server import database
from tasks.due import find_due

EVERY = 20.0  # seconds between looks without a notice
AGAIN = 2.0  # seconds after something went wrong
SOON = 0.2  # seconds in which further notices are part of the same look

logger = logging.getLogger("liftledger.listening")


def listen(url: str, look: Callable[[], object] = watch) -> None:
    """Look whenever it is worth it. Ends only with the process."""
    while True:
        try:
            with listening(url) as notices:
                while True:
                    if worth_a_look(url):
                        look()
                    if notices.wait(EVERY):
                        time.sleep(SOON)
                        notices.wait(0)
        except DatabaseUnavailable as away:
            logger.warning("%s", away)
        except Exception:  # Prefect's server may be starting again: the next look comes anyway
            logger.exception("a look failed; the next follows")
        time.sleep(AGAIN)


def worth_a_look(url: str) -> bool:
    """Whether something is due, or waits for somebody to take it."""
    with ledger(url) as session:
        if leases.startable(session):
            return True
    return any(case.stage == "due" for case in find_due(url))


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    with database() as address:
        listen(address)
