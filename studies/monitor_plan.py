"""By what rules a promotion is followed while it runs.

promotion: {name: spring_coffee, monitor: {harm: -0.02, worthwhile: 0.05}}
"""

from pydantic import Field, model_validator

from studies.part import Part


class MonitorRule(Part):
    """What somebody wants to be told while a promotion runs. Shares of what would have been sold.

    harm: told when the effect is surely below it      worthwhile: told when it is surely below it
        (not worth its cost even at best), or surely above
    level: of all intervals of the promotion's life at once; the plan's own when it is not given
    restated: share of outcomes, or of cells, above which changed data are answered anew
    """

    harm: float | None = Field(default=None, gt=-1, le=0)
    worthwhile: float | None = Field(default=None, ge=0)
    level: float | None = Field(default=None, gt=0.5, lt=1)
    restated: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="after")
    def _says_something(self) -> "MonitorRule":
        if self.harm is None and self.worthwhile is None and self.restated is None:
            raise ValueError("give harm, worthwhile or restated; without any there is no rule")
        return self
