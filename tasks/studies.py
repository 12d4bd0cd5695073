"""The plan to be answered."""

from dataclasses import dataclass

from storage.ledger import ledger
from storage.studies import current, known
from studies import Plan
from tasks.narration import narrate
from tasks.retries import ON_THE_LEDGER
from tasks.step import task


@dataclass(frozen=True)
class Question:
    """A registered study: its plan, which version of it, and the plan's hash."""

    plan: Plan
    version: int
    sha256: str


@task(name="read the plan", task_run_name="plan of {study}", **ON_THE_LEDGER)
def read_plan(url: str, study: str) -> Question:
    """The newest registered plan of a study. Raises UnknownStudy, naming those there are."""
    with ledger(url) as session:
        plan, version, sha256 = current(session, study)
    narrate("study", f"{study}, plan version {version}: {plan.question}")
    return Question(plan, version, sha256)


@task(name="look for a study", task_run_name="study {name}?", **ON_THE_LEDGER)
def is_study(url: str, name: str) -> bool:
    """Whether a study of this name is registered; anything else is the name of a panel."""
    with ledger(url) as session:
        return name in known(session)
