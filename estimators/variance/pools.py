"""What a variance made of placebos asks for: four pools, of one effect or of a sum of several."""

from typing import Protocol

from estimators.variance.effects import Effects


class Pools(Protocol):
    """See placebos.py for what each pool holds."""

    @property
    def carried(self) -> bool:
        """Whether windows are not like the treatment, so that only their ratio is used."""

    @property
    def same_period(self) -> Effects:
        """U: other units, the treatment's own periods."""

    @property
    def elsewhere(self) -> Effects:
        """M: other units, other times."""

    @property
    def same_unit(self) -> Effects:
        """P: the treated units at other times."""

    @property
    def controls_past(self) -> Effects:
        """M′: other units at the times of same_unit."""
