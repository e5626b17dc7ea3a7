"""Commands from the command line: fields as options, read by their types."""

import getpass
import io
from typing import Any

import pytest

from api.commanding.written import data_of
from api.errors import BadRequest
from api.wiring import House
from domain.commands.deciding import COMMANDS
from tests.api.test_cli import Jejak, jejak, siti

__all__ = ["jejak", "siti"]  # fixtures


def read(name: str, *arguments: str, stdin: str = "") -> dict[str, Any]:
    return data_of(COMMANDS[name], arguments, io.StringIO(stdin).read)


@pytest.mark.parametrize(
    ("name", "arguments", "data"),
    [
        ("resolve-complaint", ["--outcome", "upheld", "--root-cause=supplier"], {"outcome": "upheld", "root_cause": "supplier"}),
        ("resolve-complaint", ["--redress", "50000 IDR"], {"redress": {"amount": "50000", "currency": "IDR"}}),
        ("resolve-complaint", ["--redress", '{"amount": "5", "currency": "IDR"}'], {"redress": {"amount": "5", "currency": "IDR"}}),
        ("escalate-complaint", ["--level", "2"], {"level": 2}),
        ("escalate-complaint", ["--level", "two"], {"level": "two"}),  # the door says what would be right
        ("extend-complaint", ["--notified", "no"], {"notified": False}),
        ("add-note", ["--pinned", "--text", "likes tea"], {"pinned": True, "text": "likes tea"}),
        ("add-note", ["--text", "[x] done"], {"text": "[x] done"}),
        ("state-preference", ["--refused", "phone, sms", "--refused", "visit"], {"refused": ["phone", "sms", "visit"]}),
        ("state-preference", ["--refused", ""], {"refused": []}),
        ("state-preference",
         ["--windows", '[{"start": "12:00", "end": "13:00"}]'],
         {"windows": [{"start": "12:00", "end": "13:00"}]}),
        ("state-preference", ["--staff-traits", "language=en", "--staff-traits", "gender=f"],
         {"staff_traits": {"language": "en", "gender": "f"}}),
        ("change-profile", ["--year-of-birth", "1988"], {"year_of_birth": 1988}),
        ("correct", ["--target", "x", "--data", '{"staff": "ani"}'], {"target": "x", "data": {"staff": "ani"}}),
        ("attribute", ["--to", "crm:C-1"], {"to": "crm:C-1"}),
    ],
)  # fmt: skip
def test_fields_are_read_by_their_types(name: str, arguments: list[str], data: dict[str, Any]) -> None:
    assert read(name, *arguments) == data


def test_what_is_personal_can_be_read_from_standard_input() -> None:
    assert read("add-note", "--text", "-", stdin="likes tea\n") == {"text": "likes tea"}


@pytest.mark.parametrize("arguments", [["--colour", "red"], ["text"], ["--text"], ["--pinned", "x", "y"]])
def test_what_cannot_be_read_is_refused(arguments: list[str]) -> None:
    with pytest.raises(BadRequest):
        read("add-note", *arguments)


def test_a_command_is_given_and_refused(jejak: Jejak, siti: str, house: House) -> None:
    dry = jejak("do", "crm:C-1", "claim-complaint", "--handler", "ani", "--dry-run", "--json").json()
    assert dry["status"] == "accepted"
    done = jejak("do", "crm:C-1", "claim-complaint", "--given-by", "ani", "--key", "c-1", "--json").json()
    assert (done["status"], done["customer"]) == ("recorded", siti)
    assert house.ledger.stream(siti)[-1].actor == f"cli:{getpass.getuser()}/ani"
    assert (
        jejak("do", "crm:C-1", "claim-complaint", "--given-by", "ani", "--key", "c-1", "--json").json()["status"]
        == "duplicate"
    )
    late = jejak("do", "crm:C-1", "claim-complaint", "--given-by", "budi")
    assert late.status == 1
    assert "ani takes care of it since" in late.err
    told = jejak("do", "crm:C-1", "resolve-complaint", "--outcome", "upheld", "--at-version", "1")
    assert (told.status, told.err.count("version")) == (1, 1)


def test_without_a_name_it_says_what_is_possible(jejak: Jejak, siti: str) -> None:
    items = {i["name"]: i for i in jejak("do", "crm:C-1", "--json").json()["items"]}
    assert items["resolve-complaint"]["possible"]
    assert not items["resume-complaint"]["possible"]
    assert "waits for nobody" in jejak("do", "crm:C-1").out


def test_commands_and_their_fields_are_listed(jejak: Jejak) -> None:
    assert "resolve-complaint" in jejak("commands").out
    fields = jejak("commands", "wait-complaint").out
    assert "--waiting-for" in fields
    assert "vendor" in fields
    assert jejak("commands", "wait-complaint", "--json").json()["schema"]["required"] == ["waiting_for"]
    assert "there is no command" in jejak("commands", "sing").err
