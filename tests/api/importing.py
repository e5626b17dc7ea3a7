"""What tests of imports share: a recorder in memory that keeps each event once, and where the real data is."""

import csv
import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from api.importing import Importer, Summary, parse
from domain.errors import DifferentContent, InvalidEvent, Refusal

DATA = Path(__file__).parents[2].parent / "shared" / "data"
RETAIL = "online_retail_by_day.csv.gz"

SALES = """
source = "urn:shop"
subject = "shop:{customer}"
time = "at"

[values]
customer = { column = "Customer", required = "nobody knows who bought" }
receipt = { column = "Receipt", required = "a sale has a receipt" }
product = "Article"
pieces = { column = "Pieces", read = "whole" }
price = { column = "Price", read = "decimal" }
amount = { multiply = ["pieces", "price"], decimals = 2 }
at = { column = "Time", read = "time", format = "%Y-%m-%d %H:%M", zone = "Asia/Jakarta" }

[gather]
by = ["receipt", "customer"]

[[events]]
type = "purchase.made"
per = "group"
id = "{receipt}"
data.purchase = "{receipt}"
data.currency = "IDR"
data.total = { sum = "amount" }
data.lines = { each = { product = "{product}", quantity = "{pieces}", amount = "{amount}" } }
"""
SALES_HEADER = "Customer,Receipt,Article,Pieces,Price,Time"


class Outcome(msgspec.Struct):
    """As much of a receipt as an importer looks at."""

    status: Literal["recorded", "duplicate"]


class Memory:
    """Records in memory: each (source, id) once, the same again is a duplicate, other content is refused."""

    def __init__(self, refuse: Sequence[str] = ()) -> None:
        self.kept: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.batches: list[int] = []
        self._refuse = refuse

    def __call__(self, clouds: Sequence[Mapping[str, Any]]) -> list[Outcome | Refusal]:
        self.batches.append(len(clouds))
        return [self._one(cloud) for cloud in clouds]

    def _one(self, cloud: Mapping[str, Any]) -> Outcome | Refusal:
        if cloud["id"] in self._refuse:
            return InvalidEvent("it is not wanted", pointer="/data")
        key = (cloud["source"], cloud["id"])
        if key not in self.kept:
            self.kept[key] = cloud
            return Outcome("recorded")
        return Outcome("duplicate") if self.kept[key] == cloud else DifferentContent("it differs")

    @property
    def clouds(self) -> list[Mapping[str, Any]]:
        return list(self.kept.values())

    def of(self, type_: str) -> list[Mapping[str, Any]]:
        return [cloud for cloud in self.kept.values() if cloud["type"] == f"{type_}.v1"]


def import_text(memory: Memory, folder: Path, mapping: str, text: str, **options: Any) -> Summary:
    """Import a CSV given as text; its rejects are `rejects.csv` in the folder."""
    file = folder / "rows.csv"
    file.write_text(text)
    importer = Importer(memory, mapping=parse(mapping), rejects=folder / "rejects.csv", quiet=True, **options)
    return importer.run([str(file)])


def rejects(folder: Path) -> list[dict[str, str]]:
    with (folder / "rejects.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def real(name: str) -> Path:
    """A set of real data; the test is skipped where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs the real data {path}")
    return path


def real_rows(name: str) -> list[dict[str, str]]:
    with gzip.open(real(name), "rt", newline="") as file:
        return list(csv.DictReader(file))


def moment(cloud: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(cloud["time"]).astimezone(UTC)
