"""Settings of estimators in a study file: which there are, and what was asked.

    settings:
      mc: {lambda_nn: .inf}
      dwcp: {folds: 80}

An estimator's settings are the fields of its dataclass that compare, and their annotations say what
a study file may give for them (studies.values): a new field of an estimator is a new key here,
without a line of code. The seed is the study's own, so it is no setting.

Only what is written is kept, and is part of the plan even where it repeats the estimator's default:
defaults may change with a release, a plan does not.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

from pydantic import PlainValidator, create_model, model_serializer, model_validator

from estimators import ESTIMATORS, Estimator
from studies.part import Part
from studies.values import read, spelled

OF_THE_STUDY = ("seed",)


class EstimatorSettings(Part):
    """What is asked of one estimator; the fields are its settings, as the catalogue has them."""

    estimator: ClassVar[Estimator]

    def asked(self) -> dict[str, Any]:
        """The settings that are written, by name."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}

    @model_validator(mode="after")
    def _accepted(self) -> "EstimatorSettings":
        configured(self.estimator, self.asked())  # refused by the estimator itself: a ValueError
        return self

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        return {name: spelled(value) for name, value in self.asked().items()}


class AllSettings(Part):
    """What is asked of each estimator; the fields are the keys of the catalogue."""

    def of(self, key: str) -> dict[str, Any]:
        """The settings written for one estimator; empty when it is left as it is."""
        found: EstimatorSettings = getattr(self, key)
        return found.asked()

    def written(self) -> tuple[str, ...]:
        """Estimators for which something is written."""
        return tuple(key for key in type(self).model_fields if self.of(key))

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        return {key: getattr(self, key).model_dump() for key in self.written()}


def settable(estimator: Estimator) -> dict[str, Any]:
    """Settings that a study file may give, each with the type of what it holds."""
    if not is_dataclass(estimator):
        return {}
    hints = get_type_hints(type(estimator))
    return {
        field.name: hints[field.name]
        for field in fields(estimator)
        if field.compare and field.name not in OF_THE_STUDY
    }


def configured(estimator: Estimator, asked: Mapping[str, Any]) -> Estimator:
    """The estimator with these settings. Raises ValueError when it does not accept them."""
    return replace(estimator, **asked) if asked else estimator  # type: ignore[type-var]


def settings_of(estimator: Estimator) -> type[EstimatorSettings]:
    """The part of a plan that is about this estimator."""
    found: dict[str, Any] = {
        name: (Annotated[Any, PlainValidator(partial(read, kind=kind))], getattr(estimator, name))
        for name, kind in settable(estimator).items()
    }
    name = type(estimator).__name__
    model = create_model(name, __base__=EstimatorSettings, **found)
    model.estimator = estimator
    return model


_models = {key: settings_of(estimator) for key, estimator in ESTIMATORS.items()}
_fields: dict[str, Any] = {key: (model, model()) for key, model in _models.items()}
if TYPE_CHECKING:
    Settings = AllSettings  # which fields the catalogue gives it, no type checker can know
else:
    Settings = create_model("Settings", __base__=AllSettings, **_fields)
