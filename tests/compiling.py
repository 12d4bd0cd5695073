"""`python -m tests.compiling`: what the solvers are compiled to, before the tests that need it.

A test compiles what it calls where nobody did before it, and what it compiled is kept. Processes of
pytest that start at once come to the same solvers at once and would each compile them. Three
questions whose solvers have little in common, each asked in a process of its own, leave hardly a
function: the first test that needs one of those compiles it.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.measuring.panels import factor_block
from benchmarks.peers.with_liftledger import ADAPTERS
from estimators.core.parallel import cores

QUESTIONS = ("dwcp_level", "mc", "sdid")  # the one that takes longest first


def answer(question: str) -> None:
    """Fit a small panel, for the sake of what is compiled on the way."""
    fit, _ = ADAPTERS[question](factor_block(12, 16))
    fit()


def main() -> None:
    """All questions, on as many cores as there are."""
    processes = min(cores(), len(QUESTIONS))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(answer, QUESTIONS):
            pass  # an error in one is raised here


if __name__ == "__main__":
    main()
