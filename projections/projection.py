"""What every projection's file says about its table."""

from typing import NamedTuple

INSTANT = "timestamptz"
TEXT = 'text COLLATE "C"'


class Table(NamedTuple):
    """A table of rows in schema `rows`, partitioned by generation; the engine creates it and alone writes it.

    `columns` are (name, SQL type), after `generation` and `customer`, which every row begins with. Columns of type
    timestamptz are rendered as microseconds since 1970. `indexes` are column lists, each after `generation`, as SQL
    inside the brackets, with a condition where one follows.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    indexes: tuple[str, ...] = ()


INTERVAL = (("from_at", INSTANT), ("until_at", INSTANT))
