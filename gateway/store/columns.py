"""Columns as every table has them, and the metadata that holds the tables. In: a name. Out: a column."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Text

metadata = MetaData()
# SQLite numbers rows by itself only where the key is INTEGER.
AUTO = BigInteger().with_variant(Integer, "sqlite")


def text_column(name: str, **options: object) -> Column[str]:
    return Column(name, Text, nullable=False, **options)  # type: ignore[arg-type]


def at_column(name: str, nullable: bool = False) -> Column[int]:
    """A time or a number of bytes: what an INTEGER is too small for."""
    return Column(name, BigInteger, nullable=nullable)


def int_column(name: str, **options: object) -> Column[int]:
    return Column(name, Integer, nullable=False, **options)  # type: ignore[arg-type]


def bool_column(name: str, **options: object) -> Column[bool]:
    return Column(name, Boolean, nullable=False, **options)  # type: ignore[arg-type]
