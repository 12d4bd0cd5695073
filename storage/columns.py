"""What all tables share: names of constraints, types of columns, conditions used more than once."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import DeclarativeBase, mapped_column

FINITE = "({0} > '-Infinity' AND {0} < 'Infinity')"  # in PostgreSQL NaN is above Infinity
SHA256 = "{0} ~ '^[0-9a-f]{{64}}$'"
ANSWERED_OR_REFUSED = (
    "(status = 'answered' AND {0} IS NOT NULL AND reason IS NULL)"
    " OR (status = 'refused' AND {0} IS NULL AND reason IS NOT NULL)"
)

Number = Annotated[
    int,
    mapped_column(
        BigInteger, Identity(always=True), primary_key=True, comment="set by the database"
    ),
]
CodeVersion = Annotated[str, mapped_column(comment="release and SHA-256 of the code")]
EnvironmentHash = Annotated[
    str, mapped_column(comment="SHA-256 of interpreter and installed packages")
]
Seed = Annotated[int, mapped_column(BigInteger, comment="where random numbers start")]
RequestedBy = Annotated[str, mapped_column(comment="who asked")]
ContentHash = Annotated[str, mapped_column(comment="SHA-256 over all that hangs on this row")]
When = Annotated[
    datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
]


class Table(DeclarativeBase):
    """Base of all models: names of constraints, types of columns."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it from the class)
        str: Text,
        int: Integer,
        float: Double,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
