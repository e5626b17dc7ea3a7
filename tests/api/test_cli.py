"""The commands, as they are called."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, NamedTuple, cast

import psycopg
import pytest

from api.cli import main
from api.serving import bind
from api.wiring import House
from tests.api.conftest import event, fold, record


class Said(NamedTuple):
    """What a command answered."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


Jejak = Callable[..., Said]


@pytest.fixture
def jejak(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Jejak:
    """Runs a command on the databases of this test."""
    monkeypatch.setenv("JEJAK_DATABASE_URL", house.database_url)
    monkeypatch.setenv("JEJAK_KEYS_URL", house.keys_url)
    monkeypatch.setenv("JEJAK_DATA", str(house.settings.data))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def siti(house: House) -> str:
    """A customer with a complaint and a promise; the rows are made by whoever asks."""
    receipt, *_ = record(
        house,
        event("r", "customer.registered", 0, name="Siti Soekarno"),
        event("t", "customer.identified", 0, kind="phone", value="+62 812 3456 7890"),
        event("b", "purchase.made", 1, purchase="INV-1", currency="IDR", lines=[{"product": "P1", "amount": "150000"}]),
        event("c", "call.made", 2, direction="inbound", staff="cs-01", summary="asked when it comes"),
        event("o", "complaint.opened", 3, complaint="K-1", severity="high", description="it came broken"),
        event(
            "w", "promise.made", 3.1, promise="PR-1", due="2026-03-06T09:00:00+07:00", kind="callback", text="call back"
        ),
        event("r2", "customer.registered", 0, "crm:C-2", name="Siti Aminah"),
    )
    return receipt.customer


def test_the_help_names_every_command(jejak: Jejak) -> None:
    said = jejak("--help").out
    for name in ("demo", "simulate", "serve", "import", "customer", "queue", "rebuild", "export", "doctor", "key"):
        assert f" {name} " in said


def test_a_simulation_gives_the_same_bytes_again(jejak: Jejak, tmp_path: Path) -> None:
    for name in ("a", "b"):
        arguments = ("simulate", "--customers", "3", "--seed", "9", "--years", "0.2", "--output", str(tmp_path / name))
        assert jejak(*arguments).status == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != b""


def test_an_import_records_once_and_says_what_it_refused(jejak: Jejak, tmp_path: Path) -> None:
    lines = [json.dumps(event("1", "note.added", 1, text="x")), json.dumps(event("2", "note.addled", 1)), "{"]
    (tmp_path / "e.ndjson").write_text("\n".join(lines))
    tried = jejak("import", "e.ndjson", "--dry-run", "--json").json()
    first = jejak("import", "e.ndjson", "--rejects", "r.ndjson", "--json").json()
    again = jejak("import", "e.ndjson", "--json").json()
    assert [(s["recorded"], s["duplicate"], s["refused_rows"]) for s in (tried, first, again)] == [
        (1, 0, 2),
        (1, 0, 2),
        (0, 1, 2),
    ]
    assert len((tmp_path / "r.ndjson").read_text().splitlines()) == 2
    shown = jejak("import", "e.ndjson")
    assert "recorded 0 events; 1 were recorded before" in shown.out
    assert "refused 2 rows" in shown.out


def test_a_customer_is_shown_with_what_matters_on_top(jejak: Jejak, siti: str) -> None:
    said = jejak("customer", "crm:C-1", "--as-of", "2026-03-06T03:00:00Z")
    assert said.status == 0, said.err
    for text in ("Siti Soekarno", "asked when it comes", "call back", "it came broken", "expansion"):
        assert text in said.out
    page = jejak("customer", siti, "--as-of", "2026-03-06T03:00:00Z", "--json").json()
    assert page["customer"] == siti
    assert page["promises"][0]["missed"] is True


def test_a_name_that_several_have_lists_them(jejak: Jejak, siti: str) -> None:
    assert {i["name"] for i in jejak("customer", "siti", "--json").json()} == {"Siti Soekarno", "Siti Aminah"}
    assert "Siti Aminah" in jejak("customer", "siti").out
    assert siti in jejak("customer", "soekarno", "--json").out


@pytest.mark.usefixtures("siti")
@pytest.mark.parametrize("field", ["stage", "tier", "trust", "manager", "deadline", "rank", "outreach"])
def test_what_is_said_can_be_explained(jejak: Jejak, field: str) -> None:
    answer = jejak("customer", "crm:C-1", "--explain", field, "--json").json()
    assert (answer["field"], answer["rulebook"]) == (field, "v1")
    assert answer["words"][0] in jejak("customer", "crm:C-1", "--explain", field).out
    indonesian = jejak("customer", "crm:C-1", "--explain", field, "--language", "id", "--json").json()
    assert indonesian["words"][0] != answer["words"][0]


@pytest.mark.usefixtures("siti")
def test_queues_are_shown_at_any_date(jejak: Jejak, monkeypatch: pytest.MonkeyPatch) -> None:
    (item,) = jejak("queue", "complaints", "--as-of", "2026-03-06T03:00:00Z", "--json").json()["items"]
    assert item["reference"] == "K-1"
    assert "it came broken" in jejak("queue", "complaints", "--as-of", "2026-03-06T03:00:00Z").out
    assert jejak("queue", "complaints", "--as-of", "2026-03-03", "--json").json()["items"] == []
    assert "nobody" in jejak("queue", "complaints", "--manager", "rm-9").out
    monkeypatch.setenv("JEJAK_NOW", "2026-03-06T03:00:00Z")
    assert jejak("queue", "outreach", "--json").json()["as_of"] == "2026-03-06T03:00:00Z"
    assert "callback" in jejak("queue", "outreach", "--json").out
    (forgotten,) = jejak("queue", "neglected", "--reason", "unreachable", "--json").json()["items"]
    assert "unowned" in jejak("queue", "neglected").out
    assert "promise 1" in jejak("queue", "outreach", "--kind", "promise").out
    refused = jejak("queue", "outreach", "--reason", "overdue")
    assert (refused.status, "cannot be filtered by reason" in refused.err) == (1, True)
    assert (forgotten["name"], forgotten["unreachable"]) == ("Siti Aminah", "no-contact-point")


@pytest.mark.usefixtures("siti")
def test_a_permit_is_asked_for_and_says_why_not(jejak: Jejak, siti: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_NOW", "2026-03-10T10:00:00+07:00")
    wanted = ("--channel", "phone", "--purpose")
    asked = jejak("permit", siti, *wanted, "service", "--json").json()
    assert (asked["allowed"], asked["valid_until"]) == (True, "2026-03-10T03:15:00Z")
    told = jejak("permit", siti, *wanted, "selling").out
    assert told.startswith("no\n")
    assert "no-consent: This needs their consent" in told
    assert "complaint-open: A complaint of theirs is open." in told
    night = jejak("permit", siti, *wanted, "service", "--language", "id").out
    assert night.startswith("yes, until 2026-03-10T03:15:00Z")


def test_a_day_is_shown_with_its_minutes(jejak: Jejak) -> None:
    found = jejak("day", "ani", "--date", "2026-03-06", "--json").json()
    assert (found["day"], found["minutes"]["a_day"]) == ("2026-03-06", 480)
    assert "480 of 480 minutes left" in jejak("day", "ani", "--date", "2026-03-06").out
    refused = jejak("day", "ani", "--date", "friday")
    assert (refused.status, "would be right" in refused.err) == (1, True)


def test_a_rebuild_gives_rows_that_say_the_same(jejak: Jejak, siti: str, house: House) -> None:
    fold(house)
    before = jejak("customer", siti, "--as-of", "2026-03-06T03:00:00Z", "--json").json()
    made = jejak("rebuild", "--processes", "1", "--json").json()
    assert (made["shown"], made["events"], made["rulebook"]) == (True, house.ledger.head(), "v1")
    assert jejak("customer", siti, "--as-of", "2026-03-06T03:00:00Z", "--json").json() == before


@pytest.mark.usefixtures("siti")
def test_an_export_writes_every_event_once(jejak: Jejak, tmp_path: Path, house: House) -> None:
    assert jejak("export", "out.ndjson", "--json").json()["events"] == house.ledger.head()
    assert "Siti Soekarno" in (tmp_path / "out.ndjson").read_text()
    assert jejak("export", "bare.ndjson", "--no-sealed").status == 0
    assert "Siti" not in (tmp_path / "bare.ndjson").read_text()
    again = jejak("export", "out.ndjson")
    assert (again.status, "exists already" in again.err) == (1, True)


@pytest.mark.usefixtures("siti")
def test_an_export_imports_into_an_empty_ledger_only(jejak: Jejak) -> None:
    assert jejak("export", "out.ndjson").status == 0
    said = jejak("import", "out.ndjson")
    assert "recorded 0 events" in said.out
    assert "into an empty ledger" in said.err


def test_the_doctor_finds_a_sound_house_sound(jejak: Jejak, siti: str, house: House) -> None:
    fold(house)
    findings = jejak("doctor", "--json").json()
    assert {f["check"]: f["verdict"] for f in findings if f["verdict"] != "good"} == {}
    assert "every customer can be folded" in jejak("doctor").out


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("DELETE FROM ledger.received WHERE position = 2", "received"),
        ("DELETE FROM ledger.events WHERE position = 2", "positions"),
        ("UPDATE ledger.events SET version = 99 WHERE position = 2", "positions"),
        ("DELETE FROM public.jejak_migrations WHERE schema = 'rows'", "schemas"),
    ],
)
def test_the_doctor_finds_damage(jejak: Jejak, siti: str, house: House, damage: str, check: str) -> None:
    fold(house)
    with psycopg.connect(house.database_url) as c:
        kept = c.execute("SELECT * FROM public.jejak_migrations").fetchall()
        c.execute(cast("LiteralString", damage))
    said = jejak("doctor", "--json")
    with psycopg.connect(house.database_url) as c:
        c.cursor().executemany(
            "INSERT INTO public.jejak_migrations VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", kept
        )
    assert said.status == 1
    assert check in {f["check"] for f in json.loads(said.out) if f["verdict"] == "bad"}


def test_keys_are_made_listed_and_revoked(jejak: Jejak) -> None:
    made = jejak("key", "create", "shop", "--scope", "append", "--days", "30", "--json").json()
    assert made["key"].startswith(f"jejak_{made['id']}_")
    (listed,) = jejak("key", "list", "--json").json()
    assert (listed["name"], listed["scopes"], listed["revoked_at"]) == ("shop", ["append"], None)
    assert made["key"] not in jejak("key", "list").out
    assert jejak("key", "revoke", made["id"]).status == 0
    assert jejak("key", "list", "--json").json()[0]["revoked_at"] is not None
    assert jejak("key", "revoke", "nobody").status == 1
    assert jejak("key", "create", "x", "--scope", "everything").status == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("customer", "crm:nobody"), "nobody is found"),
        (("customer", "crm:C-1", "--as-of", "soon"), "as_of is 'soon'"),
        (("rebuild", "--rulebook", "v9"), "there is no rulebook 'v9'; there are v1"),
        (("import", "nothing.ndjson"), "there is no such file"),
        (("simulate", "--end", "later"), "end is 'later'"),
    ],
)
@pytest.mark.usefixtures("siti")
def test_what_cannot_be_done_is_said_in_a_sentence(jejak: Jejak, arguments: tuple[str, ...], sentence: str) -> None:
    said = jejak(*arguments)
    assert said.status == 1
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_wrong_settings_are_named(jejak: Jejak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_PORT", "eighty")
    said = jejak("doctor")
    assert (said.status, "JEJAK_PORT" in said.err) == (1, True)


def test_a_database_that_is_not_there_is_said_so(jejak: Jejak, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JEJAK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    said = jejak("doctor")
    assert (said.status, "cannot be reached" in said.err) == (1, True)


def test_a_port_in_use_is_said_so(jejak: Jejak) -> None:
    with bind("127.0.0.1", 0)[0] as taken:
        said = jejak("serve", "--port", str(taken.getsockname()[1]))
    assert (said.status, "cannot listen" in said.err) == (1, True)
