"""The elastic net of DIFP and how its penalty is chosen.

    minimise Σ_{t before} (μ + Σ_j ω_j Y_jt − Ȳ_t)² + λ ( (1 − α)/2 ‖ω‖² + α ‖ω‖₁ )   over μ, ω

Every donor in turn (at most `folds` of all targets' donors, drawn with the seed) is taken for
treated: the others predict its outcome over the scored periods, and the squared error of these
predictions is averaged, targets weighing as their treated cells. Tried are α from 0.1 to 0.9, and
for each twenty λ, from the smallest at which no donor has any weight to a thousandth of it. The
lowest score wins.

Source: Doudchenko and Imbens (2016), section 4. Ours: the grid of λ, which they leave open, and the
draw when there are many donors.
"""

import numpy as np

from estimators.core.draws import by_label
from estimators.core.fit import Tuning
from estimators.core.panel import FloatArray, Panel
from estimators.core.threads import one_thread
from estimators.solvers.elastic_net import elastic_net_path, largest_penalty
from estimators.weighting.collapsed import Collapsed, Weighted, collapse
from estimators.weighting.options import Options
from estimators.weighting.residuals import adjusted
from estimators.weighting.targets import Target, Targets

L1_SHARES = tuple(round(0.1 * k, 1) for k in range(1, 10))
DEPTH = 1e-3  # the smallest λ tried, as a share of the largest
LENGTH = 20
TUNING_TOLERANCE = 1e-5  # settings are compared, not published, at this duality gap


def elastic_net_weights(data: Collapsed, penalty: float, l1_share: float) -> Weighted:
    """Weights of any sign that need not sum to one; levels are shifted by the mean gap."""
    X = (data.before - data.before.mean(axis=1, keepdims=True)).T
    y = data.path - data.path.mean()
    weights, steps, gap = elastic_net_path(X, y, np.array([penalty]), l1_share)
    return Weighted(weights[0], np.full(len(y), 1 / len(y)), None, steps, gap)


def chosen(
    panel: Panel, targets: Targets, options: Options, folds: int, seed: int
) -> tuple[float, float, Tuning]:
    """λ, in the square of the outcome's measure, and α; and how they were found."""
    with one_thread():
        return _chosen(panel, targets, options, folds, seed)


def _chosen(
    panel: Panel, targets: Targets, options: Options, folds: int, seed: int
) -> tuple[float, float, Tuning]:
    known = np.where(panel.usable, adjusted(panel, options).outcome, np.nan)
    pairs = _by_label(panel, targets)
    if len(pairs) > folds:
        drawn = np.random.default_rng([seed, 3]).choice(len(pairs), size=folds, replace=False)
        pairs = [pairs[k] for k in np.sort(drawn)]
    data = [_pretended(known, *pair) for pair in pairs]
    cells = np.array([target.units.size * target.scored.size for target, _ in pairs], dtype=float)
    tried: list[tuple[dict[str, float], float]] = []
    for share in L1_SHARES:
        top = max(largest_penalty(X, y, share) for X, y, _, _ in data)
        path = top * np.geomspace(1.0, DEPTH, LENGTH)
        errors = np.array([_errors(*fold, path, share) for fold in data])
        scores = cells @ errors / cells.sum()
        tried += [
            ({"penalty": float(penalty), "l1_share": share}, float(score))
            for penalty, score in zip(path, scores, strict=True)
        ]
    best, _ = min(tried, key=lambda candidate: candidate[1])
    rule = f"{len(pairs)} donors predicted in turn, as if treated, by the others"
    tuning = Tuning(rule, len(pairs), "mean squared error by cell", tuple(tried))
    return best["penalty"], best["l1_share"], tuning


def _by_label(panel: Panel, targets: Targets) -> list[tuple[Target, int]]:
    """Every target with each of its donors, in an order that units' labels decide."""
    rank = np.argsort(by_label(panel.units))
    ordered = sorted(
        targets.each,
        key=lambda target: (target.start, target.scored.tolist(), sorted(rank[target.units])),
    )
    return [(target, int(j)) for target in ordered for j in np.argsort(rank[target.donors])]


def _pretended(
    known: FloatArray, target: Target, j: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Centred pasts of the others (B, D − 1) and of donor j (B,); then what is to be predicted."""
    others = known[np.delete(target.donors, j)]
    own = known[target.donors[j : j + 1]]
    level = own[:, target.before].mean()
    data = collapse(others - level, own - level, target)
    X = data.before.T
    after = others[:, target.scored].T - level - X.mean(axis=0)
    truth = own[0, target.scored] - level - data.path.mean()
    return X - X.mean(axis=0), data.path - data.path.mean(), after, truth


def _errors(
    X: FloatArray,
    y: FloatArray,
    after: FloatArray,
    truth: FloatArray,
    path: FloatArray,
    share: float,
) -> FloatArray:
    """(L,) mean squared errors."""
    weights, _, _ = elastic_net_path(X, y, path, share, tolerance=TUNING_TOLERANCE)
    return np.mean((weights @ after.T - truth) ** 2, axis=1)
