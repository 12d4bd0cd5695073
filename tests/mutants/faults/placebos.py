"""Where placebos are placed, in which order lots are drawn, and what a placebo may see."""

from tests.mutants.fault import Fault

PLACEMENTS, WINDOWS = "estimators/core/placements.py", "estimators/variance/windows.py"
DEALING = "estimators/variance/dealing.py"
TEST_PLACEMENTS, TEST_WINDOWS = "estimators/test_placements.py", "estimators/test_windows.py"
TEST_DEALING = "estimators/test_dealing.py"
MASKED = f"{TEST_PLACEMENTS}::test_no_placebo_panel_contains_a_truly_treated_outcome"

PLACEBOS = (
    Fault(
        "treated cells hidden only where the placebo pretends treatment",
        PLACEMENTS,
        "outcome = np.where(truly, np.nan, outcome)",
        "outcome = np.where(truly & self.treatment, np.nan, outcome)",
        (MASKED,),
    ),
    Fault(
        "treated units stay among the donors of unit placebos",
        PLACEMENTS,
        "periods, controls = np.arange(len(panel.periods)), np.flatnonzero(panel.control_units)\n"
        "    groups, total",
        "periods, controls = np.arange(len(panel.periods)), np.arange(len(panel.units))\n"
        "    groups, total",
        (TEST_PLACEMENTS,),
    ),
    Fault(
        "placebo scores cells whose counterpart in the treatment is not observed",
        PLACEMENTS,
        "Placement(controls, periods, group, rows, unseen=unseen)",
        "Placement(controls, periods, group, rows)",
        (TEST_PLACEMENTS,),
    ),
    Fault(
        "other times include the treatment's own periods",
        PLACEMENTS,
        "shifts = list(range(1, before - least + 1))",
        "shifts = list(range(before - least + 1))",
        (TEST_PLACEMENTS, "estimators/test_own_panel.py"),
    ),
    Fault(
        "panel cut for an earlier placebo, its pattern not moved",
        PLACEMENTS,
        "Placement(controls, stay, group, rows[:, shift:], unseen=missing)",
        "Placement(controls, stay, group, rows[:, : len(stay)], unseen=missing)",
        (TEST_PLACEMENTS,),
    ),
    Fault(
        "groups of controls drawn with replacement",
        PLACEMENTS,
        "size=size, replace=False)",
        "size=size, replace=True)",
        (
            TEST_PLACEMENTS,
            "estimators/test_variances.py::"
            "test_sampled_placebos_repeat_for_a_seed_and_differ_between_seeds",
        ),
        lived="that a group holds two different units was not asked; it is now",
    ),
    Fault(
        "earliest groups taken in place of sampled ones",
        PLACEMENTS,
        "order = [rng.permutation(len(groups)) for _ in times]",
        "order = [np.arange(len(groups)) for _ in times]",
        (TEST_PLACEMENTS, "estimators/test_own_panel.py"),
    ),
    Fault(
        "lots drawn over the order of rows, not of labels",
        "estimators/core/draws.py",
        "return order[chosen[order]]",
        "return np.flatnonzero(chosen)",
        (
            "estimators/test_draws.py::"
            "test_the_order_of_units_changes_no_inference_of_any_kind[did-block]",
        ),
    ),
    Fault(
        "forecast sees what comes after its window",
        WINDOWS,
        'last = stop if found.style == "forecast" else len(panel.periods)',
        "last = len(panel.periods)",
        (TEST_WINDOWS,),
    ),
    Fault(
        "window overlaps the first treated period",
        WINDOWS,
        "rooms = [(training, before)]",
        "rooms = [(training, before + 1)]",
        (TEST_WINDOWS,),
    ),
    Fault(
        "windows begin where there is nothing to learn from",
        WINDOWS,
        "rooms = [(training, before)]",
        "rooms = [(0, before)]",
        (TEST_WINDOWS,),
    ),
    Fault(
        "last window dropped (period off by one)",
        WINDOWS,
        "for start in range(first, stop - length + 1)]",
        "for start in range(first, stop - length)]",
        (TEST_WINDOWS,),
    ),
    Fault(
        "treatment that lasts is interpolated, one that ended is forecast",
        WINDOWS,
        'return "forecast" if goes_on else "interpolation"',
        'return "interpolation" if goes_on else "forecast"',
        (TEST_WINDOWS,),
    ),
    Fault(
        "windows of a staggered treatment taken for its pattern",
        WINDOWS,
        'carries = length == longest and pattern(panel) == "block"',
        "carries = length == longest",
        (TEST_WINDOWS,),
        lived="the past was too short for windows as long as the treatment; a longer one is asked "
        "now",
    ),
    Fault(
        "oldest windows taken in place of evenly spread ones",
        WINDOWS,
        "np.unique(np.linspace(0, many - 1, min(many, count)).round().astype(np.intp))",
        "np.arange(min(many, count))",
        (TEST_WINDOWS,),
    ),
    Fault(
        "rotation by nothing: the treatment's own place among its placebos",
        DEALING,
        "return 1 + evenly(len(panel.periods) - 1, count)",
        "return evenly(len(panel.periods), count)",
        (TEST_DEALING,),
    ),
    Fault(
        "seed of one pool used again for another",
        DEALING,
        "np.random.default_rng([seed, 1, 1])",
        "np.random.default_rng([seed, 1, 0])",
        (TEST_DEALING, TEST_PLACEMENTS),
        lived="a test now asks that two pools have no deal in common",
    ),
    Fault(
        "on/off: cells that cannot be imputed are asked for all the same",
        PLACEMENTS,
        "scored = placed.treatment & placed.observed & identified(placed)",
        "scored = placed.treatment & placed.observed",
        (TEST_DEALING,),
        lived="every cell of those patterns could be imputed; of a denser one some cannot",
    ),
)
