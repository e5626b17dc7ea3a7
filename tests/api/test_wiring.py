"""Which databases and keys fit together, and what is refused before anything is lost by it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import MissingMasterKey, Settings
from api.wiring import WrongKeyStore, open_house
from domain.keystore import WrongMasterKey
from tests.api.conftest import call, record


@pytest.fixture
def wish(make_database: Callable[[], str], tmp_path: Path) -> Settings:
    """Settings for two databases of this test's own, in which something is recorded."""
    ledger, keys = make_database(), make_database()
    settings = Settings(data=tmp_path, database_url=SecretStr(ledger), keys_url=SecretStr(keys))
    with open_house(settings, size=2) as house:
        record(house, call("c-1"))
    return settings


def test_a_lost_master_key_is_asked_for_and_not_replaced(wish: Settings) -> None:
    kept = (wish.data / "master.key").rename(wish.data / "kept")
    with pytest.raises(MissingMasterKey), open_house(wish, size=2):
        pass
    assert not (wish.data / "master.key").exists()
    kept.rename(wish.data / "master.key")
    with open_house(wish, size=2) as house:
        assert house.ledger.head()


def test_another_master_key_opens_nothing(wish: Settings) -> None:
    (wish.data / "master.key").unlink()
    other = wish.model_copy(update={"master_key": SecretStr("A" * 43 + "=")})
    with pytest.raises(WrongMasterKey), open_house(other, size=2):
        pass


def test_an_empty_key_store_is_not_begun_for_a_ledger_that_has_one(
    wish: Settings, make_database: Callable[[], str]
) -> None:
    other = wish.model_copy(update={"keys_url": SecretStr(make_database())})
    with pytest.raises(WrongKeyStore, match="empty"), open_house(other, size=2):
        pass


def test_the_key_store_of_another_ledger_is_refused(wish: Settings, make_database: Callable[[], str]) -> None:
    other = wish.model_copy(update={"database_url": SecretStr(make_database()), "keys_url": SecretStr(make_database())})
    with open_house(other, size=2):
        pass
    mixed = wish.model_copy(update={"keys_url": other.keys_url})
    with pytest.raises(WrongKeyStore, match="another ledger"), open_house(mixed, size=2):
        pass
