"""Promotion, after and net: one fit, each part an effect of its own, and the net of them joint."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from estimators import ESTIMATORS, STANDARD_VARIANCES, VARIANCES, Estimate, Inference, Panel
from estimators import evaluate as evaluated
from estimators.core.errors import InvalidPanel
from estimators.core.estimands import NET, parts_of, within
from estimators.core.fit import Fit, PartEffect, Refusal
from estimators.core.panel import BoolArray, FloatArray
from estimators.difference_in_differences import DifferenceInDifferences
from tests.estimators.catalogue import PAIRS, tuned
from tests.estimators.panels import labelled, noise, noisy, small, treated_as

DID = ESTIMATORS["did"]
KINDS = tuple(STANDARD_VARIANCES.values())


def last_treated(treatment: BoolArray, periods: int = 1) -> dict[str, BoolArray]:
    """The last treated cells of each unit are those after the promotion."""
    to_come = np.cumsum(treatment[:, ::-1], axis=1)[:, ::-1]
    after = treatment & (to_come <= periods)
    return {"promotion": treatment & ~after, "after": after}


def by_name(found: Estimate) -> dict[str, PartEffect]:
    return {part.name: part for part in found.parts}


def said(part: PartEffect, kind: str) -> Inference:
    (found,) = (one for one in part.inferences if isinstance(one, Inference) and one.kind == kind)
    return found


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_each_part_is_answered_as_if_the_others_had_not_been_observed(
    name: str, design: str
) -> None:
    """One fit for all of them, and every number the same as from a run of its own, bit for bit."""
    panel, estimator = small(design), tuned(name, design)
    parts = last_treated(panel.treatment)
    found = evaluated(panel, estimator, KINDS, placebos=20, parts=parts)
    assert [part.name for part in found.parts] == ["promotion", "after", NET]
    for part in found.parts:
        cells = {**parts, NET: panel.treatment}[part.name]
        alone = evaluated(within(panel, cells), estimator, KINDS, placebos=20)
        assert np.array_equal(alone.fit.counterfactual, found.fit.counterfactual, equal_nan=True)
        assert part.att == alone.att
        assert part.cells == cells.sum()
        assert part.inferences == alone.inferences
        assert part.impacts == alone.impacts
    assert (found.att, found.inferences, found.impacts) == (
        found.parts[0].att, found.parts[0].inferences, found.parts[0].impacts
    )  # fmt: skip


@pytest.mark.parametrize(("name", "design"), PAIRS)
def test_the_totals_of_the_parts_add_up_to_that_of_the_net(name: str, design: str) -> None:
    panel = small(design)
    found = evaluated(panel, tuned(name, design), parts=last_treated(panel.treatment))
    totals = {part.name: part.cells * (part.att or 0.0) for part in found.parts}
    assert totals["promotion"] + totals["after"] == pytest.approx(totals[NET], rel=1e-12)
    assert found.cumulative[-1].effect == pytest.approx(totals[NET], rel=1e-12)


def test_a_treatment_without_parts_is_answered_as_before_and_has_none() -> None:
    panel, estimator = small("block"), tuned("sdid", "block")
    plain = evaluated(panel, estimator, KINDS, placebos=20)
    nothing = np.zeros_like(panel.treatment)
    found = evaluated(
        panel, estimator, KINDS, placebos=20,
        parts={"promotion": panel.treatment, "after": nothing},
    )  # fmt: skip
    assert plain.parts == found.parts == ()
    assert (plain.att, plain.inferences, plain.diagnostics) == (
        found.att, found.inferences, found.diagnostics
    )  # fmt: skip


@dataclass(frozen=True)
class Counting(DifferenceInDifferences):
    """DID that counts how often it was fitted."""

    fits: list[int] = field(default_factory=list, compare=False)

    def fit(self, panel: Panel) -> Fit:
        self.fits.append(1)
        return super().fit(panel)


def test_parts_cost_no_fit_more_than_the_whole() -> None:
    panel = small("block")
    whole, parted = Counting(), Counting()
    evaluated(panel, whole, KINDS, placebos=20)
    evaluated(panel, parted, KINDS, placebos=20, parts=last_treated(panel.treatment))
    assert len(parted.fits) == len(whole.fits)


def test_placebos_of_the_net_are_those_of_the_parts_side_by_side() -> None:
    """The slow twin: double differences by hand, each placement scored in both parts at once."""
    treatment = treated_as("block", periods=14)
    panel = labelled(noisy(10, 14, 3), treatment)
    parts = last_treated(treatment)
    found = by_name(evaluated(panel, DID, KINDS, placebos=200, parts=parts))
    before = ~treatment.any(axis=0)
    controls = [i for i in range(10) if not treatment[i].any()]
    squares: dict[str, list[float]] = {"promotion": [], "after": [], NET: []}
    for one in controls:
        for other in (i for i in controls if i > one):
            rest = [i for i in controls if i not in (one, other)]
            gaps = panel.outcome[[one, other]].mean(axis=0) - panel.outcome[rest].mean(axis=0)
            path = gaps - gaps[before].mean()
            for name, cells in {**parts, NET: treatment}.items():
                squares[name].append(float(path[cells.any(axis=0)].mean()) ** 2)
    for name, found_squares in squares.items():
        variance = said(found[name], "given_period").standard_error or 0.0
        assert variance**2 == pytest.approx(np.mean(found_squares), rel=1e-9)


def wild(panel: Panel, cells: BoolArray, seed: int) -> Panel:
    drawn = np.random.default_rng(seed).normal(0, 1e6, panel.outcome.shape)
    return replace(panel, outcome=np.where(cells, drawn, panel.outcome))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_happens_after_changes_nothing_about_the_promotion(name: str) -> None:
    panel, estimator = small("block"), tuned(name, "block")
    parts = last_treated(panel.treatment)
    one = by_name(evaluated(panel, estimator, KINDS, placebos=20, parts=parts))
    other = by_name(
        evaluated(wild(panel, parts["after"], 5), estimator, KINDS, placebos=20, parts=parts)
    )
    assert one["promotion"] == other["promotion"]
    assert one["after"].att != other["after"].att


def simulated(seed: int, cells: Mapping[str, BoolArray], effects: Mapping[str, float]) -> Panel:
    """Noise whose neighbours in time correlate by 0.9, a gain, and the dip that follows it."""
    treatment = np.asarray(cells["promotion"] | cells["after"])
    outcome: FloatArray = noise(seed, treatment.shape, 0.9)
    for name, effect in effects.items():
        outcome = outcome + effect * cells[name]
    return labelled(outcome, treatment)


def test_the_interval_of_the_net_covers_under_serial_correlation_and_added_variances_do_not() -> (
    None
):
    """100 panels of 14 × 60 with an effect of 3 in four periods and −1 in the four after them."""
    treatment = np.zeros((14, 60), dtype=bool)
    treatment[:2, 52:] = True
    cells, effects = last_treated(treatment, 4), {"promotion": 3.0, "after": -1.0}
    kind, covered, added = VARIANCES["given_period"], 0, 0
    shares: list[float] = []
    for seed in range(100):
        parts = by_name(
            evaluated(simulated(seed, cells, effects), DID, kind, placebos=45, parts=cells)
        )
        net, both = said(parts[NET], kind.kind), [said(parts[p], kind.kind) for p in effects]
        covered += net.ci_low <= 1.0 <= net.ci_high
        apart = np.sqrt(sum((one.standard_error or 0) ** 2 for one in both)) / 2
        shares.append(apart / (net.standard_error or 0))
        half = (net.ci_high - net.ci_low) / 2 * shares[-1]
        added += abs((parts[NET].att or 0) - 1.0) <= half
    assert covered >= 91
    assert added <= 90
    assert added < covered - 3
    assert np.mean(shares) < 0.8


def test_cells_that_are_missing_are_counted_and_not_filled_in() -> None:
    panel = small("block")
    outcome = panel.outcome.copy()
    outcome[0, -1] = np.nan
    parts = last_treated(panel.treatment)
    found = by_name(evaluated(replace(panel, outcome=outcome), DID, KINDS, parts=parts))
    assert (found["after"].cells, found["after"].missing) == (1, 1)
    assert (found["promotion"].cells, found["promotion"].missing) == (4, 0)
    outcome[1, -1] = np.nan
    found = by_name(evaluated(replace(panel, outcome=outcome), DID, KINDS, parts=parts))
    assert found["after"].att is None
    assert found["after"].reason is not None
    assert "none of 6 treated cells is left to average" in found["after"].reason
    assert found[NET].att == found["promotion"].att


def test_a_kind_that_needs_every_treated_outcome_refuses_a_part_and_answers_the_net() -> None:
    treatment = treated_as("block", periods=24)
    panel = labelled(noisy(10, 24), treatment)
    conformal = VARIANCES["conformal"]
    found = by_name(evaluated(panel, DID, conformal, parts=last_treated(treatment)))
    (refused,), (answer,) = found["promotion"].inferences, found[NET].inferences
    assert isinstance(refused, Refusal)
    assert "2 of them belong to another part of the treatment" in refused.reason
    assert answer == evaluated(panel, DID, conformal).inferences[0]


def test_parts_hold_each_treated_cell_once() -> None:
    panel = small("block")
    parts = last_treated(panel.treatment)
    with pytest.raises(InvalidPanel, match=r"2 cells are in none or in several, first \(u0, 15\)"):
        parts_of(panel, {"promotion": panel.treatment, "after": parts["after"]})
    with pytest.raises(InvalidPanel, match="2 cells are in none"):
        parts_of(panel, {"promotion": parts["promotion"]})
    with pytest.raises(InvalidPanel, match=r"part 'after' .* has shape \(2, 2\)"):
        parts_of(panel, {"after": np.ones((2, 2), dtype=bool)})
