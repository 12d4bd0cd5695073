"""A replay from the command line: the result found, its flow run."""

from typing import TYPE_CHECKING

from liftledger.data import study_and_version
from liftledger.ledger import opened
from liftledger.running import flow_ready

if TYPE_CHECKING:
    from storage.replays import Replay


def replay_result(name: str, reason: str, *, race: bool, debug: bool) -> "Replay":
    """Compute STUDY or STUDY@VERSION again and compare. Raises UnknownStudy, UnknownResult."""
    from storage.ledger import ledger
    from storage.versions import numbered

    study, version = study_and_version(name)
    with flow_ready(debug=debug, name="flows.replay:replay") as ready, opened() as url:
        with ledger(url) as session:  # before anything slow is waited for
            version = numbered(session, study, version).version
        found: Replay = ready()(study, version, reason=reason, race=race)
        return found
