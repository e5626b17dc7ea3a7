"""Reports over HTTP and on the command line: the same table as JSON, CSV, Parquet and on a terminal."""

import csv
import io
import json
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple

import polars
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import main
from api.reporting.asking import Question, answer
from api.reporting.suggesting import plan
from api.wiring import House
from projections import parallel
from projections.reports import running
from projections.reports.registry import REPORTS
from tests.api.conftest import MakeHouse, event, fold, record

NOW = "2026-07-01"
FORMULA = "=2+3"  # a product's code as a spreadsheet must not read it


def fill(house: House) -> None:
    """Five customers who buy every month, one with a complaint that is answered late; one manager."""
    for n in range(5):
        who = f"crm:R-{n}"
        record(
            house,
            event(f"r{n}", "customer.registered", 0, who, name=f"Person {n}", acquisition="=shop"),
            event(f"i{n}", "customer.identified", 0, who, kind="email", value=f"p{n}@example.com"),
            event(f"m{n}", "manager.assigned", 0.1, who, manager="rm-01"),
            event(f"k{n}", "consent.granted", 0.1, who, purpose="selling"),
            *(
                event(
                    f"b{n}-{month}", "purchase.made", 1 + 30 * month + n / 10, who, purchase=f"B-{n}-{month}",
                    currency="IDR", lines=[{"product": FORMULA if month else "tea", "amount": "1000.50"}],
                )
                for month in range(3)
            ),
        )  # fmt: skip
    record(
        house,
        event("c", "call.made", 2, "crm:R-0", direction="inbound", summary="secret words"),
        event("o", "complaint.opened", 2, "crm:R-0", complaint="K", severity="normal", description="secret words"),
        event("s", "complaint.resolved", 30, "crm:R-0", complaint="K", root_cause="supplier"),
        event("f", "staff.registered", 0, staff="rm-01", capacity=10),
    )
    fold(house)


@pytest.fixture(scope="module")
def shared(make_house: MakeHouse) -> Generator[House]:
    """For tests that change nothing."""
    with make_house() as made:
        fill(made)
        yield made


@pytest.fixture
def reader(shared: House) -> Generator[TestClient]:
    """Calls with a key that may read, and no more."""
    with TestClient(create_app(shared), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {shared.bearers.create('reader', ['read'])}"
        yield client


def ask(client: TestClient, name: str, **params: Any) -> Any:
    answer = client.get(f"/v1/reports/{name}", params={"as_of": NOW} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_every_report_answers_in_every_format_with_the_same_rows(reader: TestClient) -> None:
    for name in REPORTS:
        document = ask(reader, name)
        columns = [c["name"] for c in document["columns"] if c["kind"] != "event"]
        plain = reader.get(f"/v1/reports/{name}", params={"as_of": NOW, "format": "csv"})
        rows = list(csv.DictReader(io.StringIO(plain.text)))
        typed = polars.read_parquet(
            io.BytesIO(reader.get(f"/v1/reports/{name}", params={"as_of": NOW, "format": "parquet"}).content)
        )
        assert (len(rows), typed.height) == (len(document["rows"]),) * 2
        assert typed.columns == columns
        assert not rows or list(rows[0]) == columns
        assert "secret words" not in plain.text + json.dumps(document)
        assert "Person" not in plain.text + json.dumps(document)


def test_the_coordinates_and_what_was_read_stand_in_the_answer(reader: TestClient, shared: House) -> None:
    document = ask(reader, "sales", every="all", **{"from": "2026-03-01", "to": "2026-03-31"})
    about = {n: document[n] for n in ("as_of", "position", "rulebook", "from", "to", "customers", "unreadable")}
    assert about == {
        "as_of": "2026-07-01T00:00:00Z", "position": shared.ledger.head(), "rulebook": "v1",
        "from": "2026-02-28T17:00:00Z", "to": "2026-03-31T17:00:00Z", "customers": 5, "unreadable": [],
    }  # fmt: skip
    [row] = document["rows"]
    assert (row["gross"], row["purchases"], row["period"]) == ("5002.50", 5, None)


def test_each_coordinate_counts(reader: TestClient) -> None:
    def bought(**params: Any) -> int:
        return sum(r["purchases"] for r in ask(reader, "sales", every="all", **params)["rows"])

    assert (bought(), bought(as_of="2026-03-10")) == (15, 5)
    assert [bought(known_at=str(position)) for position in (6, 7, 8, 9)] == [0, 1, 2, 3]
    assert bought(known_at="1999-01-01") == 0
    assert ask(reader, "funnel", rulebook="in-force")["rows"] == ask(reader, "funnel", rulebook="v1")["rows"]


def test_a_text_that_looks_like_a_formula_is_no_formula_in_a_spreadsheet(reader: TestClient) -> None:
    params = {"as_of": NOW, "format": "csv", "by": "product", "every": "all"}
    answer = reader.get("/v1/reports/sales", params=params)
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="sales.csv"' in answer.headers["content-disposition"]
    assert {r["product"] for r in csv.DictReader(io.StringIO(answer.text))} == {"'=2+3", "tea"}
    assert {r["product"] for r in ask(reader, "sales", by="product")["rows"]} == {FORMULA, "tea"}


def test_money_stays_exact_in_parquet(reader: TestClient) -> None:
    content = reader.get("/v1/reports/sales", params={"as_of": NOW, "format": "parquet", "every": "all"}).content
    frame = polars.read_parquet(io.BytesIO(content))
    assert str(frame["gross"].sum()) == "15007.500000"
    assert frame.schema["gross"] == polars.Decimal(38, 6)


def test_a_complaint_answered_late_is_a_miss_that_was_reported_too_late(reader: TestClient) -> None:
    [row] = ask(reader, "complaints", by="severity,root_cause")["rows"]
    assert (row["severity"], row["root_cause"], row["restated"], row["restated_attained"]) == (
        "normal",
        "supplier",
        1,
        0,
    )
    assert row["restated_could_not_know"] == 1  # all was recorded when the test ran, long after


def test_all_reports_are_listed(reader: TestClient) -> None:
    listed = {r["name"]: r for r in reader.get("/v1/reports").json()["items"]}
    assert listed.keys() == REPORTS.keys()
    assert listed["offers"]["suggests"] is True


@pytest.mark.parametrize(
    ("name", "params", "status", "code"),
    [
        ("nothing", {}, 404, "not-found"),
        ("sales", {"by": "colour"}, 422, "bad-request"),
        ("affinity", {"by": "product,category"}, 422, "bad-request"),
        ("sales", {"every": "fortnight"}, 422, "bad-request"),
        ("funnel", {"every": "month"}, 422, "bad-request"),
        ("sales", {"from": "2026-05-01", "to": "2026-04-01"}, 422, "bad-request"),
        ("funnel", {"from": "2026-05-01"}, 422, "bad-request"),
        ("sales", {"from": "soon"}, 422, "bad-request"),
        ("sales", {"rulebook": "v9"}, 404, "unknown-rulebook"),
        ("sales", {"format": "xls"}, 422, "bad-request"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    reader: TestClient, name: str, params: dict[str, str], status: int, code: str
) -> None:
    answer = reader.get(f"/v1/reports/{name}", params=params)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_reading_needs_the_right_to_read(shared: House) -> None:
    with TestClient(create_app(shared)) as client:
        assert client.get("/v1/reports/sales").status_code == 401
        headers = {"Authorization": f"Bearer {shared.bearers.create('sender', ['append'])}"}
        assert client.get("/v1/reports/sales", headers=headers).status_code == 403


# --- the command line -------------------------------------------------------------------------------------------------


class Said(NamedTuple):
    status: int
    out: str
    err: str


Jejak = Callable[..., Said]


@pytest.fixture
def jejak_at(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[[House], Jejak]:
    """Runs a command on a house."""

    def at(house: House) -> Jejak:
        monkeypatch.setenv("JEJAK_DATABASE_URL", house.database_url)
        monkeypatch.setenv("JEJAK_KEYS_URL", house.keys_url)
        monkeypatch.setenv("JEJAK_DATA", str(house.settings.data))
        monkeypatch.setenv("COLUMNS", "160")

        def run(*arguments: str) -> Said:
            capsysbinary.readouterr()
            with pytest.raises(SystemExit) as ended:
                main(arguments)
            said = capsysbinary.readouterr()
            return Said(int(ended.value.code or 0), said.out.decode(errors="replace"), said.err.decode())

        return run

    return at


@pytest.fixture
def jejak(jejak_at: Callable[[House], Jejak], shared: House) -> Jejak:
    return jejak_at(shared)


def test_a_table_has_its_title_its_numbers_and_bars(jejak: Jejak) -> None:
    said = jejak("report", "funnel", "--as-of", NOW)
    assert said.status == 0, said.err
    assert said.out.startswith("Lifecycle funnel  as of 2026-07-01 07:00, rulebook v1 · 5 histories")
    assert "100.0%  ██████████" in said.out
    assert jejak("report", "sales", "--as-of", NOW, "--every", "all").out.count("15,007.50") == 2
    assert "2026-03" in jejak("report", "retention", "--as-of", NOW).out


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_shown_on_a_terminal(jejak: Jejak, name: str) -> None:
    said = jejak("report", name, "--as-of", NOW, "--limit", "3")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(REPORTS[name].title)
    assert max(map(len, said.out.splitlines())) <= 160


def test_a_file_holds_what_the_route_answers(jejak: Jejak, reader: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "sales.parquet"
    assert jejak("report", "sales", "--as-of", NOW, "--format", "parquet", "-o", str(path)).status == 0
    assert polars.read_parquet(path).height == len(ask(reader, "sales")["rows"])
    assert json.loads(jejak("report", "sales", "--as-of", NOW, "--json").out) == ask(reader, "sales")
    answer = reader.get("/v1/reports/sales", params={"as_of": NOW, "format": "csv"})
    assert jejak("report", "sales", "--as-of", NOW, "--format", "csv").out == answer.text
    assert jejak("report", "sales", "-o", str(path)).status == 1


def test_without_polars_only_parquet_is_refused(jejak: Jejak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    said = jejak("report", "sales", "--as-of", NOW, "--format", "parquet", "-o", "x.parquet")
    assert (said.status, "pip install 'jejak[parquet]'" in said.err) == (1, True)
    assert jejak("report", "sales", "--as-of", NOW, "--format", "csv").status == 0


def test_the_list_names_them_all(jejak: Jejak) -> None:
    assert all(f"{name} " in jejak("report", "--list").out for name in REPORTS)
    assert {r["name"] for r in json.loads(jejak("report", "--json").out)} == set(REPORTS)


def test_a_report_that_there_is_not_is_refused(jejak: Jejak) -> None:
    said = jejak("report", "weather")
    assert (said.status, "there is no report 'weather'" in said.err) == (1, True)
    assert "suggests no contacts" in jejak("report", "funnel", "--plan").err


def test_a_report_whose_process_was_killed_says_so(jejak: Jejak, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise parallel.Killed("one of the processes was killed")

    monkeypatch.setattr(running, "run", killed)
    said = jejak("report", "funnel")
    assert (said.status, said.err) == (1, "jejak: the report was not finished: one of the processes was killed\n")


def test_what_is_suggested_is_planned_once(jejak_at: Callable[[House], Jejak], house: House) -> None:
    fill(house)
    jejak = jejak_at(house)
    planning = ("report", "intervals", "--as-of", NOW, "--plan", "--quiet")
    document = json.loads(jejak("report", "next-purchase", "--as-of", NOW, "--json").out)
    ready = [row["suggests"] for row in document["rows"]]
    assert len(ready) == len(document["suggestions"]) == 5
    assert jejak(*planning).err.strip() == "planned 5 contacts; 0 were planned before"
    assert [getattr(o, "status", o) for o in house.ledger.record(ready, actor="integrator")] == ["duplicate"] * 5
    # They happened at the moment of the question, so at that moment there is nothing left to suggest.
    assert jejak(*planning).err.strip() == "planned 0 contacts; 0 were planned before"
    fold(house)
    with house.pool.connection() as c:
        [planned] = c.execute(
            "SELECT count(DISTINCT customer) FROM rows.outreach WHERE class = 1 AND content = 'likely-purchase'"
        ).fetchone() or (0,)
    assert planned == 5


def test_a_suggestion_of_another_day_is_the_same_one(house: House) -> None:
    fill(house)
    first, later = (answer(house, Question("intervals", as_of=day)).made.suggestions for day in (NOW, "2026-07-03"))
    assert plan(house, first, "cli:tests").recorded == 5
    repeated = plan(house, later, "cli:tests")
    assert (repeated.recorded, repeated.before, repeated.refused) == (0, 5, {})
