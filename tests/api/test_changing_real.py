"""Online Retail under two rulebooks that differ in one threshold: the diff names exactly those whom a query over the file names."""

from collections.abc import Generator, Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api.changing import building, diffing
from api.changing.building import Wish
from api.changing.diffing import Asked
from api.importing import Summary
from api.wiring import House
from domain.rules import shipped
from tests.api.conftest import MakeHouse, event, fold, record
from tests.api.importing import RETAIL, Memory, real

END = datetime(2011, 12, 10, tzinfo=UTC)  # the day after the last one of the data
YEAR = timedelta(days=365)

Document = dict[str, Any]
Retailer = tuple[House, dict[str, str]]


@pytest.fixture(scope="module")
def house(make_house: MakeHouse, retail: tuple[Memory, Summary, Path]) -> Generator[Retailer]:
    """With everything recorded, and the customers' ids in the file by ours."""
    memory, _, _ = retail
    with make_house() as opened:
        opened.settings = opened.settings.model_copy(update={"now": END})
        ids: dict[str, str] = {}
        for start in range(0, len(memory.clouds), 2_000):
            part = memory.clouds[start : start + 2_000]
            for cloud, receipt in zip(part, record(opened, *(dict(c) for c in part)), strict=True):
                ids[receipt.customer] = cloud["subject"].removeprefix("retail:")
        yield opened, ids


@pytest.fixture(scope="module")
def invoices() -> pl.DataFrame:
    """One row an invoice and customer: `customer`, `at` (UTC), `net` (thousandths of a pound, returns negative), `bought`."""
    at = pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S").min()
    thousandths = (
        (pl.col("UnitPrice").cast(pl.Float64) * 1_000).round().cast(pl.Int64) * pl.col("Quantity").cast(pl.Int64)
    ).sum()
    return (
        pl.read_csv(real(RETAIL), infer_schema=False)
        .filter(pl.col("CustomerID").is_not_null())
        .group_by("InvoiceNo", pl.col("CustomerID").cast(pl.Float64).cast(pl.Int64).cast(pl.String).alias("customer"))
        .agg(at=at.dt.replace_time_zone("Europe/London").dt.convert_time_zone("UTC"), net=thousandths)
        .with_columns(bought=~pl.col("InvoiceNo").str.starts_with("C"))
    )


def named(house: Retailer, old: Document, new: Document) -> set[str]:
    """Whom the diff of two rulebooks names, by their ids in the file."""
    opened, ids = house
    numbers: list[int] = []
    for document in (old, new):
        version = document["version"]
        cloud = event(version, "rulebook.published", 0, rulebook=version, document=document)
        del cloud["subject"]
        record(opened, cloud)
        fold(opened)
        numbers.append(building.build(opened, Wish(version), processes=2, promote=False).generation.id)
    answer = diffing.answer(opened, Asked(numbers[1], numbers[0], limit=len(ids)))
    assert answer["figures"]["customers"]["compared"] == len(ids)
    assert answer["figures"]["customers"]["differ"] == len(answer["items"])
    assert all(change["in_words"] for item in answer["items"] for change in item["changes"])
    return {ids[item["customer"]] for item in answer["items"]}


def test_the_customers_between_two_thresholds_of_a_tier_are_named(house: Retailer, invoices: pl.DataFrame) -> None:
    old: Document = shipped() | {"version": "silver at 500"}
    new: Document = deepcopy(old) | {"version": "silver at 650"}
    new["tiers"]["levels"][2]["at_least"]["GBP"] = 650

    # What they spent in the year before each moment: purchases come in, and go out a year later.
    change = pl.concat(
        [
            invoices.select("customer", "at", "net"),
            invoices.select("customer", at=pl.col("at") + YEAR, net=-pl.col("net")),
        ]
    )
    spent = (
        change.group_by("customer", "at")
        .agg(pl.col("net").sum())
        .sort("customer", "at")
        .with_columns(spent=pl.col("net").cum_sum().over("customer"), until=pl.col("at").shift(-1).over("customer"))
        # A tier is kept for ninety days, so what counts is the best moment of these.
        .filter((pl.col("at") <= END) & (pl.col("until").is_null() | (pl.col("until") > END - timedelta(days=90))))
        .group_by("customer")
        .agg(pl.col("spent").max())
    )
    between = spent.filter((pl.col("spent") >= 500_000) & (pl.col("spent") < 650_000))

    assert between.height > 100
    assert named(house, old, new) == set(between["customer"])


def test_the_customers_who_lack_one_purchase_for_commitment_are_named(house: Retailer, invoices: pl.DataFrame) -> None:
    old: Document = shipped() | {"version": "loyal at six"}
    clauses = {clause["name"]: clause for clause in old["lifecycle"]["clauses"]}
    clauses["silent-too-long"]["all"][0] |= {"intervals": 0}
    next(c for c in clauses["loyal-and-regular"]["all"] if c["measure"] == "trust")["at_least"] = 50
    new: Document = deepcopy(old) | {"version": "loyal at seven"}
    loyal = next(clause for clause in new["lifecycle"]["clauses"] if clause["name"] == "loyal-and-regular")
    assert loyal["all"][1]["at_least"] == 6
    loyal["all"][1]["at_least"] = 7

    by_hand: set[str] = set()
    for (customer,), rows in invoices.filter("bought").sort("at").group_by("customer", maintain_order=True):
        times: list[datetime] = rows["at"].to_list()
        if not silent(times) and reaches(times, 6) and not reaches(times, 7):
            by_hand.add(str(customer))

    assert len(by_hand) > 20
    assert named(house, old, new) == by_hand


def reaches(times: Iterable[datetime], count: int) -> bool:
    """Whether at any purchase there were so many within a year, in four months at least."""
    known = list(times)
    for now in known:
        within = [at for at in known if now - YEAR < at <= now]
        if len(within) >= count and len({(at.year, at.month) for at in within}) >= 4:
            return True
    return False


def silent(times: list[datetime]) -> bool:
    """Whether they were ever silent for 180 days: then they left, and nothing in this data brings anybody back."""
    return any(later - earlier >= timedelta(days=180) for earlier, later in zip(times, [*times[1:], END], strict=True))
