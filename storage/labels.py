"""Labels of units and periods: from whatever a column holds to text, whole numbers and dates."""

import re
from collections.abc import Sequence

from storage.errors import StorageError
from studies import Columns

WHOLE = re.compile(r"[+-]?\d{1,18}")
WHOLE_FLOAT = re.compile(r"([+-]?\d{1,18})\.0*")
MOMENT = re.compile(r"(\d{4,}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|\+00(?::?00)?)?")
MIDNIGHT = re.compile(r"00:00(:00(\.0+)?)?")

ALIASES = {"period": "time", "treatment": "treated"}  # accepted where no name was asked for


def period_labels(texts: Sequence[str]) -> list[int] | list[str]:
    """Whole numbers if all are; dates without their midnight if all have one; else as they are.

    A moment with a time of day keeps it, in ISO 8601: the checks then say that it is no period.
    """
    if all(WHOLE.fullmatch(text) for text in texts):
        return [int(text) for text in texts]
    fractions = [WHOLE_FLOAT.fullmatch(text) or WHOLE.fullmatch(text) for text in texts]
    if all(fractions):  # 2001.0: a whole number that passed through a float column
        return [int(text.partition(".")[0]) for text in texts]
    moments = [MOMENT.fullmatch(text) for text in texts]
    found = [moment for moment in moments if moment]
    if found and all(MIDNIGHT.fullmatch(moment[2]) for moment in found):
        return [moment[1] if moment else text for moment, text in zip(moments, texts, strict=True)]
    return [
        f"{moment[1]}T{moment[2]}" if moment else text
        for moment, text in zip(moments, texts, strict=True)
    ]


def label_text(label: object) -> str:
    """How a label of a plan is spelled in the data: 3.0 and 3 are the same store."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def resolve(
    columns: Columns,
    present: Sequence[str],
    where: str,
    refusal: type[StorageError],
    *,
    untreated: bool = False,
) -> Columns:
    """The columns as they are called here: `time` and `treated` serve where nothing was named.

    untreated: there need be no treatment; where none is, and no other name was given, it is empty
    Raises the refusal given, naming every column that is missing and those that exist.
    """
    names = columns.model_dump(exclude={"covariates"})
    for role, alias in ALIASES.items():
        unnamed = role not in columns.model_fields_set and names[role] not in present
        if unnamed and alias in present and alias not in columns.covariates:
            names[role] = alias
    usual = columns.treatment == Columns.model_fields["treatment"].default
    called = [(f"the {role}", name) for role, name in names.items()]
    if untreated and usual and names["treatment"] not in present:
        called.remove(("the treatment", names["treatment"]))
        names["treatment"] = ""
    called += [("a covariate", name) for name in columns.covariates]
    missing = [f"{name!r} ({role})" for role, name in called if not name or name not in present]
    if missing:
        raise refusal(
            f"{where} has no column {' and no column '.join(missing)}; it has: "
            f"{', '.join(present) or 'none'}. Say which column is which"
        )
    twice = sorted({name for _, name in called if list(present).count(name) > 1})
    if twice:
        raise refusal(f"{where} has more than one column called {', '.join(map(repr, twice))}")
    return Columns(**names, covariates=columns.covariates)
