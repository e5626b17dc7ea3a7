"""Writes the ledger as NDJSON CloudEvents, and takes them into an empty one again, with the same recorded times.

Ids of ours mean nothing to another ledger, which derives its own from (source, id). So a line has the id under which
the event was sent, where that may be opened, else ours; what refers to another event is written as (source, id) of that
event's line, and a reference as its system wrote it, where it was sealed beside the
event and may be opened; else as our id, which the other ledger takes as it is. Customers keep their ids.
"""

import gzip
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from api.clouds import Cloud, cloud, opened
from api.progress import meter
from domain.errors import Refusal
from domain.identity import UUID
from domain.ledger import Ledger, Receipt
from domain.recorder import Recorded
from domain.routing import SELF
from domain.sealing import uuid_bytes
from domain.vocabulary import TYPES, name_of, ref_fields, ref_kind, stored_name

PAGE = 2_000  # events read at once
OURS = ("position", "streamversion", "actor")  # attributes that the next ledger gives anew
TO_EVENTS = ("target", "prompted_by")  # fields that hold an event's id


def export_to(ledger: Ledger, file: str, *, sealed: bool, quiet: bool = False) -> int:
    """Write everything up to the present head to a file, and say how many events that was.

    `-` is standard output; a name that ends in .gz is compressed.
    """
    head = ledger.head()
    count = 0
    with _written(file) as out, meter("export", head, "events", quiet=quiet) as show:
        for line in lines(ledger, head, sealed=sealed):
            out.write(line)
            count += 1
            if count % PAGE == 0:
                show(count)
    return count


@contextmanager
def _written(file: str) -> Generator[IO[bytes]]:
    if file == "-":
        yield sys.stdout.buffer
        return
    with Path(file).open("xb") as raw:
        if file.endswith(".gz"):
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
                yield cast("IO[bytes]", packed)
        else:
            yield raw


def lines(ledger: Ledger, head: int, *, sealed: bool) -> Iterator[bytes]:
    """Every event up to position `head` as a line."""
    after = 0
    nothing: dict[str, Any] = {}
    while after < head:
        page = [r for r in ledger.feed(after, PAGE) if r.position <= head]
        if not page:
            return
        after = page[-1].position
        parts = opened(page, ledger.keys) if sealed else [nothing] * len(page)
        sources = _sources(ledger, page, sealed=sealed)
        for r, part in zip(page, parts, strict=True):
            yield msgspec.json.encode(_portable(ledger, r, part, sources)) + b"\n"


def restore(
    ledger: Ledger, clouds: Sequence[Mapping[str, Any]], *, actor: str, dry_run: bool = False
) -> list[Receipt | Refusal]:
    """Record exported events with their own recorded times; one outcome each, in order. For an empty ledger alone."""
    if not dry_run:
        # A subject that is an id names a customer of the other ledger, who keeps that id here.
        ledger.keys.ensure_keys(uuid_bytes(s) for c in clouds if UUID.match(s := str(c.get("subject", ""))))
    outcomes = ledger.record(clouds, actor=actor, dry_run=dry_run, backfill=True)
    # What routing itself identified is entered already, but here it was another ledger's routing that did.
    for given, outcome in zip(clouds, outcomes, strict=True):
        if given.get("source") == SELF and isinstance(outcome, Receipt) and outcome.status == "recorded":
            ledger.blind.mend(uuid_bytes(outcome.customer))
    return outcomes


def _portable(ledger: Ledger, r: Recorded, part: dict[str, Any], sources: dict[str, dict[str, str]]) -> Cloud:
    made = cloud(r, {})
    for name in OURS:
        made.pop(name, None)
    parts = dict(part)
    made["id"] = parts.pop("sent_as", None) or made["id"]
    given: dict[str, str] = parts.pop("sealed_refs", None) or {}
    data = made["data"]
    _restore(ledger, name_of(r.event), data, given, r.event.source)
    for name in TO_EVENTS:
        if data.get(name) in sources:
            data[name] = sources[data[name]]
    if (inner := parts.pop("sealed_data", None)) is not None:
        inner = dict(inner)
        refs: dict[str, str] = inner.pop("sealed_refs", None) or {}
        data["data"] = data.get("data", {}) | inner
        _restore(ledger, data["target_type"], data["data"], refs, r.event.source)
    data |= parts
    return made


def _restore(ledger: Ledger, type_: str, data: dict[str, Any], given: dict[str, str], source: str) -> None:
    """References as their system wrote them, where that is known to lead to the same id."""
    for name in ref_fields(TYPES[stored_name(type_) or type_]):
        written, scope = given.get(name), given.get(f"{name}.source", source)
        if written is not None and ledger.keys.secrets.ref(ref_kind(name), scope, written) == data.get(name):
            data[name] = written if scope == source else {"source": scope, "id": written}


def _sources(ledger: Ledger, page: Sequence[Recorded], *, sealed: bool) -> dict[str, dict[str, str]]:
    """By our id, how the events that those of a page speak of are called in their own lines."""
    targets = {t for r in page for name in TO_EVENTS if (t := getattr(r.event, name, None))}
    if not targets:
        return {}
    found: dict[str, dict[str, str]] = {}
    places = ledger.recorder.received([uuid_bytes(t) for t in targets])
    for place in places.values():
        for r in ledger.feed(place.position - 1, 1):
            (parts,) = opened([r], ledger.keys) if sealed else ({},)
            found[r.event.id] = {"source": r.event.source, "id": parts.get("sent_as") or r.event.id}
    return found
