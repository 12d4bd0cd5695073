"""A result as Markdown."""

from dataclasses import replace

from reports.artifacts import escape, markdown
from tests.reports import results


def test_the_artifact_holds_question_answer_table_and_refusals() -> None:
    text = markdown(results.prop99())
    assert text.startswith("# What did Proposition 99 do to cigarette sales in California?\n")
    assert "**Proposition 99 lowered cigarette sales in California" in text
    assert "| **SDID** |" in text
    assert "- **SC**: California cannot be reproduced: 3 donors, 5 were needed." in text
    assert "liftledger report prop99@3 -o prop99.html" in text


def test_every_row_of_the_table_has_as_many_cells_as_its_head() -> None:
    rows = [line for line in markdown(results.prop99()).splitlines() if line.startswith("|")]
    assert len(rows) == 8
    assert {row.count("|") for row in rows} == {8}


def test_text_from_the_data_cannot_end_a_cell_or_become_html() -> None:
    result = results.prop99()
    odd = results.refused_estimate("sc", "a|b <script>alert(1)</script>\n# title")
    text = markdown(replace(result, estimates=(odd, *result.estimates[2:])))
    assert "<script>" not in text
    assert "a\\|b &lt;script&gt;" in text
    assert "\n# title" not in text


def test_a_written_report_is_named() -> None:
    assert "Full report: `out/prop99.html`" in markdown(results.prop99(), "out/prop99.html")


def test_escaping_keeps_plain_text_readable() -> None:
    assert escape("California, 1989 (−15.6)") == "California, 1989 (−15.6)"
    assert escape("`x` *y* [z]") == "\\`x\\` \\*y\\* \\[z\\]"
