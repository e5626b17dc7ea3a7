"""One example of every type, kept for ever: `clouds.ndjson` as it was sent, `stored.ndjson` as it lies in the ledger.

Neither file's lines ever change. A type that gets a new version keeps the lines of the old one and gets new lines beside
them; only `read` of a stored line, the fields as they are understood today, follows the vocabulary.
"""

from pathlib import Path
from typing import Any

import msgspec


def _lines(name: str) -> list[Any]:
    return [msgspec.json.decode(line) for line in (Path(__file__).with_name(name)).read_bytes().splitlines()]


CLOUDS: dict[str, dict[str, Any]] = {cloud["type"]: cloud for cloud in _lines("clouds.ndjson")}
STORED: dict[str, dict[str, Any]] = {line["stored"]["type"]: line for line in _lines("stored.ndjson")}
