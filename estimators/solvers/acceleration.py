"""Anderson acceleration of a fixed-point iteration x ← f(x) (Walker and Ni, 2011)."""

from collections import deque

import numpy as np

from estimators.core.panel import FloatArray

MEMORY = 6  # past steps that are combined
RIDGE = 1e-14  # keeps the small least squares solvable when past steps are parallel


class Anderson:
    """Remembers the last steps and proposes the next point."""

    def __init__(self) -> None:
        self.points: deque[FloatArray] = deque(maxlen=MEMORY)
        self.images: deque[FloatArray] = deque(maxlen=MEMORY)

    def forget(self) -> None:
        """Begin again: the past belongs to another problem, or led astray."""
        self.points.clear()
        self.images.clear()

    def add(self, point: FloatArray, image: FloatArray) -> None:
        """One step taken: x and f(x), flat."""
        self.points.append(point)
        self.images.append(image)

    def __len__(self) -> int:
        return len(self.points)

    def propose(self) -> FloatArray:
        """The combination of past images whose step is smallest."""
        images = np.array(self.images)
        steps = images - np.array(self.points)
        differences = steps[-1] - steps[:-1]
        gram = differences @ differences.T
        gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) + 1e-300
        share = np.linalg.solve(gram, differences @ steps[-1])
        return np.asarray(images[-1] - share @ (images[-1] - images[:-1]))
