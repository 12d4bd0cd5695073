"""Which days a label covers, by itself and on the grid of a panel."""

from datetime import date
from itertools import pairwise

import pytest

from studies import InvalidPeriods
from studies.spans import Span, span_of, spans


def days(span: Span) -> tuple[str, str]:
    assert span.clock == "days"
    return date.fromordinal(span.first).isoformat(), date.fromordinal(span.last).isoformat()


@pytest.mark.parametrize(
    ("label", "first", "last"),
    [
        ("2024-03-31", "2024-03-31", "2024-03-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2024-W09", "2024-02-26", "2024-03-03"),
        ("2020-W53", "2020-12-28", "2021-01-03"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_a_label_covers_its_days(label: str, first: str, last: str) -> None:
    assert days(span_of(label)) == (first, last)


def test_numbers_are_on_a_clock_of_their_own() -> None:
    assert span_of(17) == span_of("17") == Span("numbers", 17, 17)
    assert not span_of(738_946).meets(span_of("2024-03-01"))


@pytest.mark.parametrize(
    ("labels", "dates", "expected"),
    [
        (["2024-03-04", "2024-03-11"], "auto", ("2024-03-04", "2024-03-10")),
        (["2024-03-10", "2024-03-17"], "last_day", ("2024-03-04", "2024-03-10")),
        (["2024-03-04", "2024-03-05"], "auto", ("2024-03-04", "2024-03-04")),
        (["2024-W10", "2024-W11"], "last_day", ("2024-03-04", "2024-03-10")),
        (["2020-W53", "2021-W01"], "auto", ("2020-12-28", "2021-01-03")),
        (["2024-W01", "2024-W03"], "auto", ("2024-01-01", "2024-01-14")),
        (["2024-01-01", "2024-02-01", "2024-03-01"], "auto", ("2024-01-01", "2024-01-31")),
        (["2024-01-31", "2024-02-29", "2024-03-31"], "auto", ("2024-01-01", "2024-01-31")),
        (["2024-06-30", "2024-09-30", "2024-12-31"], "auto", ("2024-04-01", "2024-06-30")),
        (["2024-01-15", "2024-02-15", "2024-03-15"], "auto", ("2024-01-15", "2024-02-14")),
        (["2024-01-15", "2024-02-15", "2024-03-15"], "last_day", ("2023-12-16", "2024-01-15")),
        (["2024-02", "2024-03"], "auto", ("2024-02-01", "2024-02-29")),
        (["2024-03-05"], "auto", ("2024-03-05", "2024-03-05")),
    ],
)
def test_a_period_of_a_panel_lasts_until_the_next(
    labels: list[str], dates: str, expected: tuple[str, str]
) -> None:
    found = spans(labels, dates)  # type: ignore[arg-type]
    assert days(found[labels[0]]) == expected
    ordered = [found[label] for label in labels]
    assert all(b.first == a.last + 1 for a, b in pairwise(ordered))


def test_numbers_a_step_apart_cover_what_is_between() -> None:
    assert spans([10, 15, 20])[15] == Span("numbers", 15, 19)


def test_meeting_and_being_within() -> None:
    week, promotion = span_of("2024-W10"), Span("days", *map(
        date.toordinal, (date(2024, 3, 6), date(2024, 3, 31))
    ))  # fmt: skip
    assert week.meets(promotion)
    assert not week.within(promotion)
    assert span_of("2024-W11").within(promotion)
    assert not span_of("2024-W14").meets(promotion)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("2021-W53", "2021-W53: 2021 has 52 weeks; its last is 2021-W52"),
        ("2024-03-31T02:30", "2024-03-31T02:30: a moment within a day"),
        ("soon", "soon: no period; write 2024-03-31"),
    ],
)
def test_what_covers_nothing_is_said(label: str, said: str) -> None:
    with pytest.raises(InvalidPeriods, match=f"^{said}"):
        span_of(label)
