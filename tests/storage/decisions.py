"""A result to decide about, with what its plan's rule recommends."""

from dataclasses import replace

from sqlalchemy import Engine

from estimators.core.fit import Estimate
from estimators.economics.account import Account
from estimators.economics.decision import Recommendation, Rule, Verdict
from storage import results
from storage.database import transaction
from storage.json_values import plain
from tests.storage.answers import analysis


def answered(engine: Engine, seed: int = 1, recommended: Verdict | None = None) -> None:
    """One more result of the study `display`, which ada asked for."""
    with transaction(engine) as session:
        asked = analysis(session, seed=seed)
        primary = asked.answers["did"]
        assert isinstance(primary, Estimate)
        if recommended is not None:
            account = Account((), Recommendation(recommended, "marginal", Rule(0.8, 0.2)))
            known = {**primary.diagnostics, "account": plain(account)}
            asked = replace(
                asked, answers={**asked.answers, "did": replace(primary, diagnostics=known)}
            )
        results.save(session, asked)
