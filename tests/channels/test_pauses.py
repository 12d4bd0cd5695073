"""Pauses grow, and end."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.message import Misconfigured
from channels.pauses import pauses

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_each_pause_is_longer_than_the_one_before_and_is_waited_for() -> None:
    usual = pauses({})
    assert list(usual.after) == sorted(set(usual.after))
    for attempt, pause in enumerate(usual.after, 1):
        assert not usual.over(attempt, NOW - pause + timedelta(seconds=1), NOW)
        assert usual.over(attempt, NOW - pause, NOW)
        assert not usual.none_after(attempt)
    assert usual.none_after(len(usual.after) + 1)


def test_after_an_attempt_too_many_the_longest_pause_holds() -> None:
    usual = pauses({})
    assert not usual.over(99, NOW - usual.after[-1] + timedelta(seconds=1), NOW)


def test_others_may_be_given_in_minutes() -> None:
    given = pauses({"LIFTLEDGER_ALERTS_PAUSES": "0, 1.5"})
    assert given.after == (timedelta(0), timedelta(seconds=90))
    assert given.none_after(3)


@pytest.mark.parametrize("wrong", ["soon", "5,,30", "-1", "nan", "1e400"])
def test_what_is_no_minute_is_said(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="LIFTLEDGER_ALERTS_PAUSES must hold minutes"):
        pauses({"LIFTLEDGER_ALERTS_PAUSES": wrong})
