"""What can go wrong between a panel and an estimate.

EstimationError
├── InvalidPanel        the panel is malformed; no estimator can use it
├── UnsupportedDesign   the panel is sound, but this method cannot answer for it
└── NotConverged        a solver ran out of steps before reaching its tolerance

InvalidPanel stops an analysis. The other two refuse one estimate, whose row says why.
"""


class EstimationError(Exception):
    """Base class of all errors raised in this room."""


class InvalidPanel(EstimationError):
    """The panel is malformed; no estimator can use it."""


class UnsupportedDesign(EstimationError):
    """The panel is sound, but this method cannot honestly answer for it."""


class NotConverged(EstimationError):
    """A solver ran out of steps before reaching its tolerance."""
