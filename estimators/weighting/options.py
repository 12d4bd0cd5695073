"""The choices that SC, DIFP and SDID have in common. Each is a field of all three.

donors      never_treated       units never treated (the published definition)
            not_yet_treated     and those first treated later, while they are untreated: the periods
                                of a cohort between two adoptions are compared with all who are
                                untreated up to the later one
gaps        refuse              donors are observed to the end of the run, treated units before it
            drop                other donors are left out, and periods in which a treated unit is
                                missing are not matched; both are listed in the fit's notes
weights     average_of_treated  a cohort's average path is matched (the published definition)
            per_unit            each treated unit has weights of its own
on_off      refuse              treatment that switches is refused
            per_cell            an extension without a published definition: see weighting/cells.py;
                                donors, gaps and weights then have nothing to say
covariates  ignore              covariates of the panel are not used, and a note says so
            projected, joint    see weighting/residuals.py and weighting/joint.py
"""

from typing import Literal, Protocol, get_args, get_origin, get_type_hints

Donors = Literal["never_treated", "not_yet_treated"]
Gaps = Literal["refuse", "drop"]
WeightsOf = Literal["average_of_treated", "per_unit"]
OnOff = Literal["refuse", "per_cell"]
Covariates = Literal["ignore", "projected", "joint"]


class Options(Protocol):
    """What the functions of this package read from an estimator."""

    @property
    def name(self) -> str:
        """Key of the estimator, for messages."""

    @property
    def donors(self) -> Donors:
        """Who may be a donor."""

    @property
    def gaps(self) -> Gaps:
        """What a missing outcome does."""

    @property
    def weights(self) -> WeightsOf:
        """Whose path is matched."""

    @property
    def on_off(self) -> OnOff:
        """What treatment that switches does."""

    @property
    def covariates(self) -> Covariates:
        """What the panel's covariates are used for."""


def require_choices(settings: object) -> None:
    """Raise ValueError unless every field declared Literal holds one of its choices."""
    for field, hint in get_type_hints(type(settings)).items():
        if get_origin(hint) is Literal and getattr(settings, field) not in get_args(hint):
            raise ValueError(
                f"{getattr(settings, 'name', type(settings).__name__)}: {field} is one of "
                f"{', '.join(get_args(hint))}; not {getattr(settings, field)!r}"
            )
