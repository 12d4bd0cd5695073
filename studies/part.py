"""What every part of a plan has in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One mapping of a study file: no key but those named, frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
