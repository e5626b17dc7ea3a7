"""The two sets of real data, counted from the files by hand here and compared with what the mappings make of them."""

import itertools
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import polars
import pytest

from api.importing import Importer, Summary
from domain.events import ComplaintEvent, Event, PurchaseMade, PurchaseReturned
from domain.facts import micros
from domain.ledger import Ledger
from tests.api.importing import RETAIL, Memory, moment, real, real_rows, rejects
from tests.examples import uid
from tests.ledgers import Home, opened
from tests.projections.reporting import report

INCIDENTS = "incident_event_log.csv.gz"
CLOCK = datetime(2016, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def incidents() -> Memory:
    memory = Memory()
    summary = Importer(memory, mapping="incident-log", quiet=True).run([str(real(INCIDENTS))])
    assert (summary.rows, summary.refused_rows, summary.duplicate) == (5_998, 0, 0)
    return memory


# --- Online Retail ---------------------------------------------------------------------------------------------------


def test_online_retail_gives_one_event_per_invoice_and_customer(retail: tuple[Memory, Summary, Path]) -> None:
    memory, summary, _ = retail
    made, returned = memory.of("purchase.made"), memory.of("purchase.returned")

    assert (summary.rows, summary.recorded) == (541_909, 18_536 + 3_654)
    assert (len(made), len(returned)) == (18_536, 3_654)
    assert len({cloud["subject"] for cloud in memory.clouds}) == 4_372
    assert "retail:17850" in {cloud["subject"] for cloud in made}
    assert sum(Decimal(cloud["data"]["total"]) for cloud in made) == Decimal("8911407.904")


def test_online_retail_totals_are_the_sums_of_their_lines(retail: tuple[Memory, Summary, Path]) -> None:
    for cloud in retail[0].clouds:
        assert Decimal(cloud["data"]["total"]) == sum(Decimal(line["amount"]) for line in cloud["data"]["lines"])


def test_online_retail_refuses_the_rows_without_a_customer(retail: tuple[Memory, Summary, Path]) -> None:
    _, summary, folder = retail
    refused = rejects(folder)

    assert summary.refused_rows == len(refused) == 135_080
    assert {row["reject_reason"] for row in refused} == {"CustomerID is empty: nobody knows who bought"}
    assert {row["CustomerID"] for row in refused} == {""}
    assert len({row["reject_line"] for row in refused}) == 135_080


def test_an_invoice_of_two_times_takes_the_earliest_by_the_clocks_of_london(
    retail: tuple[Memory, Summary, Path],
) -> None:
    times: dict[str, set[str]] = {}
    for row in real_rows(RETAIL):
        if row["CustomerID"]:
            times.setdefault(row["InvoiceNo"], set()).add(row["InvoiceDate"])
    twice = {invoice: min(found) for invoice, found in times.items() if len(found) > 1}
    taken = {cloud["id"].partition("/")[0]: cloud["time"] for cloud in retail[0].clouds}

    assert len(twice) == 31
    assert {invoice: taken[invoice][:19].replace("T", " ") for invoice in twice} == twice
    assert {time[5:7] for time in taken.values() if time.endswith("+01:00")} == {
        f"{month:02d}" for month in range(3, 11)
    }


# --- what reports say of it ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bought(retail: tuple[Memory, Summary, Path]) -> list[list[Event]]:
    """The events of each customer."""
    streams: dict[str, list[Event]] = defaultdict(list)
    for cloud in retail[0].clouds:
        stream = streams[cloud["subject"]]
        known = {"type": cloud["type"], "id": uid(cloud["id"]), "source": cloud["source"], "version": len(stream) + 1}
        fields = known | {"at": micros(moment(cloud)), "sequence": cloud["sequence"]} | cloud["data"]
        stream.append(msgspec.convert(fields, PurchaseMade | PurchaseReturned))
    return list(streams.values())


def test_sales_are_what_the_file_says_by_product_and_month(bought: list[list[Event]]) -> None:
    rows = polars.read_csv(real(RETAIL), columns=["InvoiceNo", "StockCode", "Quantity", "UnitPrice", "CustomerID"],
                           schema_overrides={"InvoiceNo": polars.String, "StockCode": polars.String})  # fmt: skip
    lines = rows.filter(polars.col("CustomerID").is_not_null()).with_columns(
        amount=(polars.col("Quantity") * polars.col("UnitPrice")).abs().round(2),
        returned=polars.col("InvoiceNo").str.starts_with("C"),
    )
    [whole] = report("sales", bought)
    assert (whole["gross"], whole["purchases"], whole["returned"]) == (Decimal("8911407.904"), 18_536, 3_654)
    assert (whole["currency"], whole["customers"]) == ("GBP", 4_372)
    by_file = {
        code: (gross, back)
        for code, gross, back in lines.group_by("StockCode")
        .agg(
            polars.col("amount").filter(~polars.col("returned")).sum().alias("gross"),
            polars.col("amount").filter(polars.col("returned")).sum().alias("back"),
        )
        .iter_rows()
    }
    by_report = {
        r["product"]: (float(r["gross"]), float(r["returns"])) for r in report("sales", bought, by=("product",))
    }
    assert by_report.keys() == by_file.keys()
    assert all(by_report[code] == pytest.approx(by_file[code], abs=0.1) for code in by_file)
    monthly = report("sales", bought, every="month")
    assert len(monthly) == 13
    assert sum(r["gross"] for r in monthly) == whole["gross"]


def test_cohorts_of_the_file_are_kept_as_it_says(bought: list[list[Event]]) -> None:
    rows = [r for r in report("retention", bought, as_of=micros(datetime(2011, 12, 31, tzinfo=UTC))) if not r["month"]]
    buyers = sum(any(isinstance(event, PurchaseMade) for event in events) for events in bought)
    assert sum(r["customers"] for r in rows) == buyers == 4_339
    assert len(rows) == 13


# --- the incident log ------------------------------------------------------------------------------------------------


def test_the_incident_log_gives_all_complaints_with_what_befell_them(incidents: Memory) -> None:
    counts = Counter(cloud["type"].removeprefix("complaint.").removesuffix(".v1") for cloud in incidents.clouds)
    waits = Counter(cloud["data"]["waiting_for"] for cloud in incidents.of("complaint.waiting"))

    assert len({cloud["subject"] for cloud in incidents.clouds}) == 639
    assert (counts["opened"], counts["resolved"], counts["reopened"], counts["closed"]) == (890, 901, 12, 890)
    assert waits == {"customer": 324, "problem": 36, "vendor": 3, "evidence": 2}
    assert {cloud["data"]["severity"] for cloud in incidents.of("complaint.opened")} == {
        "low",
        "normal",
        "high",
        "critical",
    }


def test_assignments_and_priorities_end_as_the_last_update_has_them(incidents: Memory) -> None:
    severities = {"1 - Critical": "critical", "2 - High": "high", "3 - Moderate": "normal", "4 - Low": "low"}
    last: dict[str, dict[str, str]] = {}
    for row in updates():
        last[row["number"]] = row
    handled: dict[str, tuple[str, str]] = {}
    severity: dict[str, str] = {}
    for cloud in in_order(incidents):
        data = cloud["data"]
        if cloud["type"] in ("complaint.opened.v1", "complaint.assigned.v1"):
            handled[data["complaint"]] = (data.get("handler", "?"), data.get("team", "?"))
        severity[data["complaint"]] = data.get("severity", severity.get(data["complaint"]))

    assert handled == {number: (row["assigned_to"], row["assignment_group"]) for number, row in last.items()}
    assert severity == {number: severities[row["priority"]] for number, row in last.items()}


def test_the_complaints_still_open_at_the_clock_are_those_of_the_file(incidents: Memory) -> None:
    by_file: dict[str, str] = {}
    for row in updates():
        if when(row) <= CLOCK:
            by_file[row["number"]] = row["incident_state"]
    open_by_file = {number for number, state in by_file.items() if state not in ("Resolved", "Closed")}

    open_by_events: set[str] = set()
    for cloud in in_order(incidents):
        if moment(cloud) <= CLOCK:
            if cloud["type"] in ("complaint.opened.v1", "complaint.reopened.v1"):
                open_by_events.add(cloud["data"]["complaint"])
            elif cloud["type"] in ("complaint.resolved.v1", "complaint.closed.v1"):
                open_by_events.discard(cloud["data"]["complaint"])

    assert len(open_by_file) == 261
    assert open_by_events == open_by_file


def test_a_complaint_waits_at_the_clock_where_the_file_says_so(incidents: Memory) -> None:
    by_file: dict[str, str] = {}
    for row in updates():
        if when(row) <= CLOCK:
            by_file[row["number"]] = row["incident_state"]
    waiting: set[str] = set()
    for cloud in in_order(incidents):
        if moment(cloud) <= CLOCK:
            if cloud["type"] == "complaint.waiting.v1":
                waiting.add(cloud["data"]["complaint"])
            elif cloud["type"] == "complaint.resumed.v1":
                waiting.discard(cloud["data"]["complaint"])

    assert waiting == {number for number, state in by_file.items() if state.startswith("Awaiting")}


def when(row: Mapping[str, str]) -> datetime:
    return datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def updates() -> list[dict[str, str]]:
    return sorted(real_rows(INCIDENTS), key=when)


def in_order(memory: Memory) -> list[Mapping[str, Any]]:
    """As a fold reads them: by time, then by sequence."""
    return sorted(memory.clouds, key=lambda cloud: (moment(cloud), cloud["sequence"]))


# --- into a real ledger ----------------------------------------------------------------------------------------------


def test_the_ledger_takes_the_incident_log_once(own_ledger: Ledger, tmp_path: Path) -> None:
    file = str(real(INCIDENTS))

    first = import_into(own_ledger, file, tmp_path)
    head = own_ledger.head()
    again = import_into(own_ledger, file, tmp_path)

    assert (first.recorded, first.refused_events) == (first.events, 0)
    assert (again.recorded, again.duplicate, own_ledger.head()) == (0, first.events, head)
    assert rejects(tmp_path) == []


def test_an_import_killed_half_way_is_finished_by_running_it_again(home: Home, tmp_path: Path) -> None:
    file = str(real(INCIDENTS))
    command = [sys.executable, "-m", "tests.api.import_slowly", *home, file]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in itertools.islice(child.stdout, 3):
            pass
        child.send_signal(signal.SIGKILL)

    with opened(home) as ledger:
        again = import_into(ledger, file, tmp_path)
        stored = [one for one in ledger.feed(0, 100_000) if isinstance(one.event, ComplaintEvent)]

    assert again.duplicate >= 600
    assert again.recorded > 0
    assert (again.refused_events, again.recorded + again.duplicate) == (0, again.events)
    assert len(stored) == len({one.event.id for one in stored}) == again.events


def import_into(ledger: Ledger, file: str, folder: Path) -> Summary:
    importer = Importer(
        lambda clouds: ledger.record(clouds, actor="import"),
        mapping="incident-log",
        rejects=folder / "rejects.csv",
        quiet=True,
    )
    return importer.run([file])
