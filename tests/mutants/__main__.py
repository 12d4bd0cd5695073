"""`make mutants`: every planted fault in turn, the score, and docs/mutants.md.

python -m tests.mutants               all of them; writes the page
python -m tests.mutants jackknife …   those whose name or file has one of these words
"""

import subprocess
import sys
from datetime import UTC, datetime

from tests.mutants.faults import FAULTS
from tests.mutants.page import noticed, written
from tests.mutants.trial import ROOT, Trial, copied, sound, tried


def main(words: list[str]) -> int:
    """Exit status: 0 when every fault asked for was noticed, but those that are none."""
    asked = {
        heading: [one for one in faults if _meant(f"{one.name} {one.file}", words)]
        for heading, faults in FAULTS.items()
    }
    trials: dict[str, list[Trial]] = {heading: [] for heading in asked}
    number = sum(map(len, asked.values()))
    with copied() as tree:
        wrong = sound(tree, (one for faults in asked.values() for one in faults))
        if wrong:
            print(f"{wrong}\nthe tests fail without any fault: nothing can be said")
            return 2
        for heading, faults in asked.items():
            for fault in faults:
                found = tried(tree, fault)
                trials[heading].append(found)
                done = sum(map(len, trials.values()))
                print(f"{done:3}/{number} {found.verdict:6} {found.seconds:4.0f} s  {fault.name}"
                      f"{f'  ({found.by})' if found.by else ''}", flush=True)  # fmt: skip
    real = [trial for part in trials.values() for trial in part if not trial.fault.same]
    print(f"{noticed(real)} of {len(real)} faults noticed")
    if not words:
        print(f"wrote {written(trials, f'{datetime.now(UTC):%-d %B %Y}', _commit())}")
    return int(noticed(real) < len(real))


def _meant(text: str, words: list[str]) -> bool:
    return not words or any(word.lower() in text.lower() for word in words)


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
