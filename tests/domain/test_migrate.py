"""The schema goes from version to version, once each, whoever asks and however many ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from domain.migrate import SchemaTooNew, migrate
from tests.ledgers import Home, cloud, opened, record, settle

LEDGER = ("domain.migrations.ledger", "ledger")


def applied(url: str, package: str = LEDGER[0], name: str = LEDGER[1]) -> list[str]:
    with psycopg.connect(url) as connection:
        return migrate(connection, package, name)


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], str]:
    """Makes a package of SQL files, and gives its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(files: dict[str, str]) -> str:
        package = tmp_path / f"scripts_{uuid4().hex}"
        package.mkdir()
        (package / "__init__.py").touch()
        for name, text in files.items():
            (package / name).write_text(text)
        return package.name

    return make


def test_the_second_time_there_is_nothing_to_do(database: str) -> None:
    first = applied(database)
    assert first == sorted(first)
    assert first[0] == "001_ledger.sql"
    assert applied(database) == []


def test_those_who_migrate_at_once_do_it_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(applied, [database] * 4))
    assert sorted(map(len, done))[:3] == [0, 0, 0]
    assert len(max(done, key=len)) >= 3


def test_what_was_recorded_outlives_a_migration(make_home: Callable[[], Home]) -> None:
    home = make_home()
    with opened(home) as ledger:
        [before] = record(ledger, cloud("1"))
    settle(home)
    with opened(home) as ledger:
        [after] = record(ledger, cloud("1"))
        assert (after.status, after.position) == ("duplicate", before.position)


def test_a_newer_version_adds_what_is_missing(database: str, scripts: Callable[[dict[str, str]], str]) -> None:
    first = {"001_a.sql": "CREATE TABLE a (n int)"}
    assert applied(database, scripts(first), "trial") == ["001_a.sql"]
    second = first | {"002_b.sql": "ALTER TABLE a ADD m int; INSERT INTO a VALUES (1, 2)", "readme.txt": "no SQL"}
    assert applied(database, scripts(second), "trial") == ["002_b.sql"]


def test_a_script_that_fails_leaves_nothing_behind(database: str, scripts: Callable[[dict[str, str]], str]) -> None:
    broken = {"001_a.sql": "CREATE TABLE a (n int)", "002_b.sql": "CREATE TABLE b (n int); SELECT 1/0"}
    with pytest.raises(psycopg.errors.DivisionByZero):
        applied(database, scripts(broken), "trial")
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT to_regclass('a'), to_regclass('b')").fetchone()
    assert row == (None, None)
    assert applied(database, scripts({"001_a.sql": "CREATE TABLE a (n int)"}), "trial") == ["001_a.sql"]


def test_a_database_from_a_newer_jejak_is_left_alone(database: str, scripts: Callable[[dict[str, str]], str]) -> None:
    applied(database, scripts({"001_a.sql": "SELECT 1", "002_b.sql": "SELECT 1"}), "trial")
    with pytest.raises(SchemaTooNew, match=r"002_b\.sql; install a newer Jejak"):
        applied(database, scripts({"001_a.sql": "SELECT 1"}), "trial")


def test_a_script_never_changes_after_it_was_applied(database: str, scripts: Callable[[dict[str, str]], str]) -> None:
    applied(database, scripts({"001_a.sql": "SELECT 1"}), "trial")
    with pytest.raises(SchemaTooNew, match=r"changed after they had been applied: 001_a\.sql"):
        applied(database, scripts({"001_a.sql": "SELECT 2"}), "trial")
