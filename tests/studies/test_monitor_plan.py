"""Rules for a running promotion: read from the plan, refused with their line, or absent."""

import pytest

from studies import InvalidPlan, parse_plan

PLAN = """study: shop
question: What did the display sell?
panel: sales
promotion:
  name: display
"""


def test_rules_are_read_and_a_plan_without_them_keeps_its_hash() -> None:
    plain, ruled = (
        parse_plan(PLAN + more)
        for more in ("", "  monitor: {harm: -0.02, worthwhile: 0.05, restated: 0.01}\n")
    )
    assert plain.promotion is not None
    assert ruled.promotion is not None
    assert plain.promotion.monitor is None
    assert "monitor" not in plain.canonical()
    assert ruled.promotion.monitor is not None
    assert ruled.promotion.monitor.harm == -0.02
    assert plain.sha256() != ruled.sha256()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{harm: 0.1}", "less than or equal to 0"),
        ("{harm: -2}", "greater than -1"),
        ("{worthwhile: -0.1}", "greater than or equal to 0"),
        ("{level: 0.9}", "give harm, worthwhile or restated"),
        ("{looks: daily, harm: -0.1}", "unknown key promotion.monitor.looks"),
    ],
)
def test_a_mistake_is_said_with_its_line(rule: str, said: str) -> None:
    with pytest.raises(InvalidPlan, match="plan:6: ") as refused:
        parse_plan(PLAN + f"  monitor: {rule}\n")
    assert said in str(refused.value)
