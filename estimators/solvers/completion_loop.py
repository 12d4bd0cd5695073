"""The steps of completion.py, compiled."""

import numpy as np

from estimators.solvers.compiled import compiled
from estimators.solvers.filled_panel import above, envelope, fill, gap_of, residual_of
from estimators.solvers.missing_cells import preconditioner, solve_rows
from estimators.solvers.newton import newton_step

STEPS = 100
ENOUGH = 1e-4  # of the decrease that the slope promises
ROUNDING = 1e-13  # of F: what its computation may be off


@compiled("numpy")
def descend(panel, here, threshold, tolerance, moving, solved):
    """From here to the optimum, or to the best point there was when steps ran out.

    here: values, rows, means, squares, vectors      threshold: τ
    tolerance: duality gap to reach, in the loss's measure      moving: how far the next step may
        move the missing cells, root mean square
    solved: whether `here` is a solution at another λ, so that Newton's step is worth trying first

    Returns the point, its gap and the steps taken.
    """
    flat, gap = panel[7], np.inf
    for step in range(STEPS + 1):
        values, rows, _, squares, vectors = here
        singular = above(squares, threshold)
        residual = residual_of(rows, vectors, singular, threshold)
        left = residual.reshape(residual.size)
        slope = np.empty(len(flat))
        for c in range(len(flat)):
            slope[c] = left[flat[c]]
        nearly = preconditioner(panel, vectors, singular, threshold)
        gap = gap_of(panel, rows, residual, squares, singular, threshold)
        ahead = solve_rows(panel, nearly, slope)
        moves = np.sqrt(np.dot(ahead, ahead) / max(len(ahead), 1))
        if step == STEPS or (gap <= tolerance and moves <= moving):
            break
        height, sure = envelope(squares, threshold), 2.0 * np.dot(slope, ahead)
        there, fell = here, False
        if solved or step > 0:
            closeness = np.sqrt(np.dot(slope, slope) / max(height, 1e-300))
            share = min(0.1, max(closeness, 1e-6))  # sharper the closer the optimum is
            full = newton_step(
                panel, rows, squares, vectors, singular, threshold, slope, nearly, share
            )
            promised, length = 2.0 * np.dot(slope, full), 1.0
            # Shortened where F does not fall, as long as it promises more than is sure to be had.
            while not fell and -length * promised > sure:
                there = _moved(panel, values, length, full)
                rise = envelope(there[3], threshold) - height
                fell = rise <= ENOUGH * length * promised + ROUNDING * height
                if not fell:
                    # the parabola through both ends and the slope has its lowest point here
                    bend = rise - length * promised
                    length *= min(0.5, max(0.1, -0.5 * length * promised / bend))
        if not fell:
            there = _moved(panel, values, -1.0, ahead)
            rise = envelope(there[3], threshold) - height
            if not rise <= -ENOUGH * sure + ROUNDING * height:
                break  # F falls by rounding only
        here = there
    return here, gap, step


@compiled("numpy")
def _moved(panel, values, length, direction):
    there = values + length * direction
    rows, means, squares, vectors = fill(panel, there)
    return there, rows, means, squares, vectors
