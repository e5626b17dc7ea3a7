"""Seals open with their key in their place, and nowhere else."""

from functools import cache

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import SealBroken
from domain.ledger import Ledger
from domain.sealing import Secrets, associated, new_key, seal, unseal, uuid_bytes, uuid_text
from tests.ledgers import cloud, record

places = st.builds(
    associated,
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=16, max_size=16),
    st.sampled_from(["call.made.v1", "note.added.v1"]),
)


@cache
def key(number: int = 0) -> AESGCM:
    return AESGCM(bytes([number]) * 32)


@given(st.binary(max_size=500), places)
def test_what_was_sealed_comes_back(plain: bytes, place: bytes) -> None:
    assert unseal(key(), seal(key(), plain, place), place) == plain


@given(st.binary(max_size=50), places, st.data())
def test_an_altered_seal_does_not_open(plain: bytes, place: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(key(), plain, place))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        unseal(key(), bytes(sealed), place)


@given(st.binary(max_size=50), st.tuples(places, places).filter(lambda two: two[0] != two[1]))
def test_a_moved_seal_does_not_open(plain: bytes, two: tuple[bytes, bytes]) -> None:
    with pytest.raises(SealBroken):
        unseal(key(), seal(key(), plain, two[0]), two[1])


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealBroken):
        unseal(key(1), seal(key(0), b"hello", b"here"), b"here")


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert len({seal(key(), b"hello", b"here") for _ in range(100)}) == 100


@given(st.binary(min_size=16, max_size=16))
def test_ids_keep_their_bytes_as_text(raw: bytes) -> None:
    assert uuid_bytes(uuid_text(raw)) == raw


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_only_the_same_pair_has_the_same_id(source: str, id_: str, other_source: str, other_id: str) -> None:
    secrets = Secrets(b"a" * 32, b"b" * 32, b"c" * 32)
    same = (source, id_) == (other_source, other_id)
    assert (secrets.event_id(source, id_) == secrets.event_id(other_source, other_id)) == same
    assert (secrets.ref("order", source, id_) == secrets.ref("order", other_source, other_id)) == same


def test_digests_of_another_key_have_nothing_in_common() -> None:
    one, other = Secrets(new_key(), new_key(), b""), Secrets(new_key(), new_key(), b"")
    assert one.event_id("a", "b") != other.event_id("a", "b")
    assert one.token("phone", "+6281") != other.token("phone", "+6281")


def test_a_destroyed_key_opens_nothing_and_the_history_still_adds_up(ledger: Ledger) -> None:
    clouds = [cloud(f"forget-{n}", "note.added", {"text": f"secret {n}"}, subject="crm:forget") for n in range(3)]
    receipts = record(ledger, *clouds)
    customer, versions = receipts[0].customer, [r.version or 0 for r in receipts]
    assert [ledger.open(customer, [v])[v]["text"] for v in versions] == ["secret 0", "secret 1", "secret 2"]
    before = ledger.stream(customer)
    ledger.keys.destroy(uuid_bytes(customer))
    assert ledger.open(customer, versions) == {version: {} for version in versions}
    assert ledger.stream(customer) == before
    assert all(r.status == "duplicate" for r in record(ledger, *clouds))


def test_nothing_personal_stands_in_clear(ledger: Ledger) -> None:
    secret = "Kalimantan-7731"
    [receipt] = record(
        ledger,
        cloud(
            f"id of {secret}",
            "complaint.opened",
            {"complaint": f"ref {secret}", "description": secret, "order": secret},
            subject=f"crm:{secret}",
        ),
    )
    with ledger.recorder.connection() as c:
        rows = c.execute("SELECT clear, sealed FROM ledger.events WHERE customer = %s", [receipt.customer]).fetchall()
        everything = c.execute(
            "SELECT string_agg(e::text, '') || (SELECT string_agg(r::text, '') FROM ledger.received r) FROM ledger.events e"
        ).fetchone()
    assert len(rows) == 3
    assert everything is not None
    assert secret not in everything[0]
    assert all(secret.encode() not in (sealed or b"") for _, sealed in rows)
    opened = ledger.open(receipt.customer, [receipt.version or 0])[receipt.version or 0]
    assert opened["description"] == secret
    assert opened["sealed_refs"] == {"complaint": f"ref {secret}", "order": secret}
