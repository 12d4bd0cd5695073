"""The page that goes with an export, in plain words."""

from datetime import UTC

from reports.sentences import answer
from storage.records import StoredResult

PAGE = """\
# {name}

{question}

> {answer}

Asked by {by}; saved {at} as version {version} of the study.

This folder is everything needed to read this result, and to check that it is what was recorded
then, without the database it comes from and without Liftledger.

## To check it

    python verify.py FOLDER

needs Python 3.11 or later and nothing else. It says what does not hold and ends with 1, or that all
holds. {anchored}

Take `verify.py` from a release of Liftledger rather than from here if you do not trust who gave you
this folder: a forger can change the checker, too. `sha256sum --check SHA256SUMS` checks the files.

## What is here

| file | what it is |
|---|---|
| `report.html` | the result for people; opens in any browser, offline |
| `result.json` | the same numbers for programs |
| `tables/` | panel, estimates, variances, counterfactuals and weights as Parquet |
| `rows.jsonl` | every row of the database about this result, value by value as text |
| `bytes/` | what rows hold in bytes: the panel exactly as analysed, and more |
| `log.jsonl` | entries {first} to {last} of the audit log, none left out, others' too |
{anchor}| `lineage/` | where it came from, as OpenLineage events and as PROV-JSON |
| `verify.py` | the program that checks all this, in less than 200 lines |
| `SHA256SUMS` | SHA-256 of every file |

## What it proves, and what not

Each row hashes to what the log said when it was written, and each entry of the log carries the hash
of the one before. Whoever changed a row would have had to write the log anew from there on.
{proves}

It does not prove that the data were right when they came in, nor that nobody tried another plan
somewhere else.
"""
WITH = (
    "With `--public-key FILE.pem` it also checks who signed the anchor.\n"
    "Get the key from somebody else than whoever gave you this.",
    "| `anchor.json` | number and hash of the last of these entries, signed at the time |\n",
    "The anchor shows that nobody did so after {at}, unless its key was stolen.",
)
WITHOUT = (
    "There is no anchor: ask for one.",
    "",
    "Without an anchor, whoever owns the database could have done so at any time.",
)


def page(result: StoredResult, first: int, last: int, anchored: str | None) -> str:
    """README.md of an export. anchored: when its anchor was made; None: there is none."""
    words = WITH if anchored else WITHOUT
    return PAGE.format(
        name=f"{result.study}@{result.version}",
        question=" ".join(result.plan.question.split()),
        answer=" ".join(answer(result).split()),
        by=result.requested_by,
        at=result.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=result.version,
        anchored=words[0],
        anchor=words[1],
        proves=words[2].format(at=anchored),
        first=f"{first:,}",
        last=f"{last:,}",
    )
