"""Examples of every type, kept for ever: `clouds.ndjson` as it was sent, `stored.ndjson` as it lies in the ledger.

Neither file's lines ever change. A type that gets a new version keeps the lines of the old one and gets new lines beside
them; only `read` of a stored line, the fields as they are understood today, follows the vocabulary. A type that got further
fields has a further line that shows them, named `type (2)`, and so on.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec


def _lines(name: str) -> list[Any]:
    return [msgspec.json.decode(line) for line in (Path(__file__).with_name(name)).read_bytes().splitlines()]


def _named(lines: list[Any], type_of: Callable[[Any], str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        type_ = type_of(line)
        number = 1 + sum(type_of(earlier) == type_ for earlier in found.values())
        found[type_ if number == 1 else f"{type_} ({number})"] = line
    return found


CLOUDS: dict[str, dict[str, Any]] = _named(_lines("clouds.ndjson"), lambda cloud: cloud["type"])
STORED: dict[str, dict[str, Any]] = _named(_lines("stored.ndjson"), lambda line: line["stored"]["type"])
