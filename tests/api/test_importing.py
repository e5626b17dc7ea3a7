import gzip
import io
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.importing import Importer, UnreadableFile, parse
from domain.errors import Refusal
from tests.api.importing import SALES, SALES_HEADER, Memory, Outcome, import_text, rejects

CALL = {
    "specversion": "1.0", "type": "call.made", "source": "urn:pbx", "id": "c-1", "time": "2026-03-01T09:00:00+07:00",
    "subject": "crm:C-1001", "data": {"direction": "inbound"},
}  # fmt: skip


def ndjson(*clouds: dict[str, object]) -> bytes:
    return b"".join(msgspec.json.encode(cloud) + b"\n" for cloud in clouds)


def sales(*rows: str) -> str:
    return "\n".join((SALES_HEADER, *rows, ""))


# --- grouping --------------------------------------------------------------------------------------------------------


def test_rows_of_one_receipt_become_one_purchase_at_the_earliest_time(tmp_path: Path) -> None:
    memory = Memory()
    text = sales(
        "7,R1,tea,3,0.10,2026-03-01 09:01",
        "8,R2,rice,1,2.5,2026-03-01 10:00",
        "7,R1,salt,2,0.20,2026-03-01 09:00",
    )

    summary = import_text(memory, tmp_path, SALES, text)

    first = memory.kept["urn:shop", "R1"]
    assert (summary.rows, summary.events, summary.recorded, summary.refused_rows) == (3, 2, 2, 0)
    assert (first["type"], first["subject"], first["time"]) == (
        "purchase.made.v1",
        "shop:7",
        "2026-03-01T09:00:00+07:00",
    )
    assert first["data"]["total"] == "0.70"
    assert first["data"]["lines"] == [
        {"product": "salt", "quantity": 2, "amount": "0.40"},
        {"product": "tea", "quantity": 3, "amount": "0.30"},
    ]


def test_a_row_without_customer_is_refused_with_its_columns_line_and_reason(tmp_path: Path) -> None:
    memory = Memory()

    summary = import_text(
        memory, tmp_path, SALES, sales("7,R1,tea,1,1,2026-03-01 09:00", ",R1,salt,1,1,2026-03-01 09:00")
    )

    assert summary.refused_rows == 1
    assert summary.reasons == {"Customer is empty: nobody knows who bought": 1}
    [row] = rejects(tmp_path)
    assert (row["Article"], row["reject_line"]) == ("salt", "3")
    assert row["reject_reason"] == "Customer is empty: nobody knows who bought"


def test_a_group_with_an_unreadable_row_is_refused_whole(tmp_path: Path) -> None:
    memory = Memory()
    text = sales("7,R1,tea,1,1,2026-03-01 09:00", "7,R1,salt,many,1,2026-03-01 09:00", "8,R2,tea,1,1,2026-03-01 09:00")

    summary = import_text(memory, tmp_path, SALES, text)

    assert [cloud["id"] for cloud in memory.clouds] == ["R2"]
    assert summary.refused_rows == 2
    assert [(row["reject_line"], row["reject_reason"]) for row in rejects(tmp_path)] == [
        ("2", "not taken without the rest of its group: line 3 is refused"),
        ("3", "Pieces: 'many' is no number"),
    ]


def test_mended_rejects_can_be_imported(tmp_path: Path) -> None:
    memory = Memory()
    import_text(memory, tmp_path, SALES, sales("7,R1,tea,many,1,2026-03-01 09:00"))
    mended = (tmp_path / "rejects.csv").read_text().replace("tea,many", "tea,4")

    summary = import_text(memory, tmp_path, SALES, mended)

    assert (summary.recorded, summary.refused_rows, rejects(tmp_path)) == (1, 0, [])


def test_every_row_of_an_event_that_the_ledger_refuses_is_in_the_rejects(tmp_path: Path) -> None:
    memory = Memory(refuse=["R1"])
    text = sales("7,R1,tea,1,1,2026-03-01 09:00", "8,R2,tea,1,1,2026-03-01 09:00", "7,R1,salt,1,1,2026-03-01 09:00")

    summary = import_text(memory, tmp_path, SALES, text)

    assert (summary.refused_events, summary.refused_rows, summary.recorded) == (1, 2, 1)
    assert [row["reject_line"] for row in rejects(tmp_path)] == ["2", "4"]
    assert (
        rejects(tmp_path)[0]["reject_reason"] == "purchase.made.v1 R1: The event is not valid: /data: it is not wanted"
    )


def test_groups_farther_apart_than_expected_are_refused_not_split(tmp_path: Path) -> None:
    memory = Memory()
    near = SALES.replace('by = ["receipt", "customer"]', 'by = ["receipt", "customer"]\nwithin = 2')
    rows = [
        "7,R1,tea,1,1,2026-03-01 09:00",
        *(f"8,R{n},tea,1,1,2026-03-01 09:00" for n in range(2, 6)),
        "7,R1,salt,1,1,2026-03-01 09:00",
    ]

    summary = import_text(memory, tmp_path, near, sales(*rows))

    assert memory.kept["urn:shop", "R1"]["data"]["total"] == "1.00"
    assert (summary.refused_events, [row["Article"] for row in rejects(tmp_path)]) == (1, ["salt"])


def test_a_group_is_complete_when_no_row_came_for_a_while(tmp_path: Path) -> None:
    memory = Memory()
    near = SALES.replace('by = ["receipt", "customer"]', 'by = ["receipt", "customer"]\nwithin = 3')
    rows = [f"7,R{n % 2 + 10 * (n // 50)},tea,1,1,2026-03-01 09:00" for n in range(500)]

    summary = import_text(memory, tmp_path, near, sales(*rows), batch=2)

    assert (summary.recorded, summary.refused_events) == (20, 0)
    assert len(memory.batches) == 10
    assert {cloud["data"]["total"] for cloud in memory.clouds} == {"25.00"}


def test_rows_that_the_mapping_leaves_out_are_neither_imported_nor_refused(tmp_path: Path) -> None:
    memory = Memory()
    only_tea = SALES.replace('time = "at"', 'time = "at"\nwhere = { product = { is = "tea" } }', 1)

    summary = import_text(
        memory, tmp_path, only_tea, sales("7,R1,tea,1,1,2026-03-01 09:00", "7,R1,salt,1,1,2026-03-01 09:00")
    )

    assert (summary.passed_over, summary.refused_rows) == (1, 0)
    assert memory.clouds[0]["data"]["total"] == "1.00"


# --- again, and stopped ----------------------------------------------------------------------------------------------


def test_a_second_import_records_nothing(tmp_path: Path) -> None:
    memory = Memory()
    text = sales(*(f"7,R{n},tea,1,1,2026-03-01 09:00" for n in range(10)))
    import_text(memory, tmp_path, SALES, text)

    again = import_text(memory, tmp_path, SALES, text)

    assert (again.recorded, again.duplicate, again.events) == (0, 10, 10)


def test_an_import_that_was_stopped_goes_on_without_doubling(tmp_path: Path) -> None:
    memory = Memory()
    text = sales(*(f"7,R{n},tea,1,1,2026-03-01 09:00" for n in range(10)))

    class Impatient(Memory):
        def __call__(self, clouds: Sequence[Mapping[str, Any]]) -> list[Outcome | Refusal]:
            outcomes = memory(clouds)
            if len(memory.kept) > 4:
                raise KeyboardInterrupt
            return outcomes

    stopped = import_text(
        Impatient(), tmp_path, SALES.replace('by = ["receipt"', 'within = 1\nby = ["receipt"'), text, batch=2
    )
    again = import_text(memory, tmp_path, SALES, text)

    assert stopped.stopped
    assert 0 < again.recorded < 10
    assert again.recorded + again.duplicate == len(memory.kept) == 10


def test_batches_hold_about_as_many_events_as_asked_for(tmp_path: Path) -> None:
    memory = Memory()
    file = tmp_path / "calls.ndjson"
    file.write_bytes(ndjson(*({**CALL, "id": f"c-{n}"} for n in range(25))))

    Importer(memory, quiet=True, batch=10).run([str(file)])

    assert memory.batches == [10, 10, 5]


# --- CloudEvents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_cloud_events_go_in_as_they_are(tmp_path: Path, pack: type[bytes]) -> None:
    memory = Memory()
    file = tmp_path / "calls.ndjson.gz"
    file.write_bytes(pack(ndjson(CALL, {**CALL, "id": "c-2"}) + b"\n"))

    summary = Importer(memory, quiet=True).run([str(file)])

    assert (summary.rows, summary.recorded) == (2, 2)
    assert memory.clouds[0] == CALL


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(ndjson(CALL)))))

    assert Importer(memory, quiet=True).run(["-"]).recorded == 1


def test_lines_that_are_no_events_go_to_the_rejects_with_their_number(tmp_path: Path) -> None:
    memory = Memory(refuse=["c-9"])
    file, refused = tmp_path / "calls.ndjson", tmp_path / "rejects.ndjson"
    file.write_bytes(ndjson(CALL) + b'{"half": \n[1]\n\xff\xfe\n' + ndjson({**CALL, "id": "c-9"}))

    summary = Importer(memory, rejects=refused, quiet=True).run([str(file)])

    found = [msgspec.json.decode(line) for line in refused.read_bytes().splitlines()]
    assert (summary.recorded, summary.refused_rows) == (1, 4)
    assert [row["line"] for row in found] == [2, 3, 4, 5]
    assert "not a CloudEvent" in found[0]["reason"]
    assert "UTF-8" in found[2]["reason"]
    assert found[3]["reason"] == "The event is not valid: /data: it is not wanted"
    assert msgspec.json.decode(found[3]["content"])["id"] == "c-9"


# --- files that are not as they should be ----------------------------------------------------------------------------


def test_rows_of_another_width_and_bytes_of_another_encoding_are_refused_alone(tmp_path: Path) -> None:
    memory = Memory()
    file = tmp_path / "rows.csv"
    head = sales("7,R1,tea,1,1,2026-03-01 09:00", "7,R2,tea", '7,R3,"two\nlines",1,1,2026-03-01 09:00').encode(
        "utf-8-sig"
    )
    file.write_bytes(head + b"7,R4,th\xe9,1,1,2026-03-01 09:00\n\n7,R5,tea,1,1,2026-03-01 09:00,more\n")

    Importer(memory, mapping=parse(SALES), rejects=tmp_path / "rejects.csv", quiet=True).run([str(file)])

    assert [cloud["id"] for cloud in memory.clouds] == ["R1", "R3"]
    assert memory.clouds[1]["data"]["lines"][0]["product"] == "two\nlines"
    assert [(row["reject_line"], row["reject_reason"]) for row in rejects(tmp_path)] == [
        ("3", "it has 3 cells where the header has 6"),
        ("6", "it is not UTF-8"),
        ("8", "it has 7 cells where the header has 6; beyond the last column: more"),
    ]


def test_a_compressed_file_that_was_cut_off_says_so(tmp_path: Path) -> None:
    file = tmp_path / "calls.ndjson.gz"
    file.write_bytes(gzip.compress(ndjson(*({**CALL, "id": f"c-{n}"} for n in range(500))))[:-200])

    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        Importer(Memory(), quiet=True).run([str(file)])


@pytest.mark.parametrize(
    ("name", "mapping", "said"),
    [
        ("absent.csv", "online-retail", "no such file"),
        ("rows.csv", None, "incident-log, online-retail"),
        ("rows.ndjson", "online-retail", "a mapping is for CSV and Parquet"),
        ("rows.xlsx", "online-retail", "cannot tell what it is"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_what_would_be_right(
    tmp_path: Path, name: str, mapping: str | None, said: str
) -> None:
    if not name.startswith("absent"):
        (tmp_path / name).touch()

    with pytest.raises(UnreadableFile, match=said):
        Importer(Memory(), mapping=mapping, quiet=True).run([str(tmp_path / name)])


def test_rejects_never_overwrite_what_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("A\n1\n")

    with pytest.raises(UnreadableFile, match="overwrite"):
        Importer(Memory(), mapping="online-retail", rejects=file, quiet=True).run([str(file)])
    assert file.read_text() == "A\n1\n"


def test_parquet_is_read_as_the_text_that_a_csv_would_have(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars", reason="Parquet needs the extra [parquet]")
    frame = polars.DataFrame(
        {
            "Customer": ["7", None], "Receipt": ["R1", "R2"], "Article": ["tea", "tea"], "Pieces": [3, 1],
            "Price": [2.55, 1.0], "Time": [datetime(2026, 3, 1, 9)] * 2,  # noqa: DTZ001 - as the file has it
        }
    )  # fmt: skip
    frame.write_parquet(tmp_path / "rows.parquet")
    mapping = parse(SALES.replace("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"))
    memory = Memory()

    Importer(memory, mapping=mapping, rejects=tmp_path / "rejects.csv", quiet=True).run(
        [str(tmp_path / "rows.parquet")]
    )

    assert memory.kept["urn:shop", "R1"]["data"]["total"] == "7.65"
    assert [row["Receipt"] for row in rejects(tmp_path)] == ["R2"]


# --- progress --------------------------------------------------------------------------------------------------------


def test_progress_shows_rate_on_a_terminal_and_nothing_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "calls.ndjson"
    file.write_bytes(ndjson(CALL))
    Importer(Memory()).run([str(file)])
    assert capsys.readouterr().err == ""

    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "160")
    Importer(Memory(), quiet=True).run([str(file)])
    assert capsys.readouterr().err == ""
    Importer(Memory()).run([str(file)])

    shown = capsys.readouterr().err
    assert "calls.ndjson" in shown
    assert "1 rows · 1 events" in shown
