"""What the environment may say, and what is refused."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JEJAK_")]:
        monkeypatch.delenv(name)


def test_nothing_need_be_set() -> None:
    found = settings.read()
    assert (found.data, found.host, found.port, found.region, found.now) == (
        Path(".jejak"),
        "127.0.0.1",
        8000,
        "ID",
        None,
    )


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jejak_master_key").write_text(base64.b64encode(b"k" * 32).decode() + "\n")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    found = settings.read()
    assert settings.master_key(found) == b"k" * 32
    assert base64.b64encode(b"k" * 32).decode() not in repr(found)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"JEJAK_DATABASE_URL": "postgresql://a/b"}, "set both"),
        ({"JEJAK_DATABASE_URL": "postgresql://a/b", "JEJAK_KEYS_URL": "postgresql://a/b"}, "need another database"),
        ({"JEJAK_MASTER_KEY": "c2hvcnQ="}, "32 bytes in base64"),
        ({"JEJAK_NOW": "2016-03-10T00:00:00"}, "now"),
        ({"JEJAK_REGION": "Indonesia"}, "region"),
        ({"JEJAK_PORT": "eighty"}, "port"),
    ],
)
def test_an_impossible_value_is_refused_by_name_and_never_shown(
    variables: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=says) as refused:
        settings.read()
    assert not any(value in str(refused.value) for value in variables.values())


def test_a_lost_master_key_is_never_replaced(tmp_path: Path) -> None:
    wish = settings.Settings(data=tmp_path / "data")
    with pytest.raises(settings.MissingMasterKey, match=r"master\.key"):
        settings.master_key(wish, make=False)
    assert list(wish.data.iterdir()) == []
    made = settings.master_key(wish)
    assert settings.master_key(wish, make=False) == made


def test_processes_that_start_at_once_make_one_key_for_its_owner_alone(tmp_path: Path) -> None:
    wish = settings.Settings(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: settings.master_key(wish), range(8)))
    assert len(keys) == 1
    assert [path.name for path in wish.data.iterdir()] == ["master.key"]
    assert (wish.data / "master.key").stat().st_mode & 0o777 == 0o600
