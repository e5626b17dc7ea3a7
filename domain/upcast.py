"""Old stored forms are made new when they are read; what is stored never changes.

When a type gets a new version, the class of the old one leaves `domain.events` and a function here turns the old stored JSON
into the new one, registered under the old stored name. Upcasters chain from version to version.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Union

import msgspec

from domain.events import Event
from domain.vocabulary import TYPES, sealed_fields

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

UPCASTERS: Mapping[str, Upcaster] = MappingProxyType({})

_decode_one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(TYPES.values())])  # noqa: UP007 - built at run time
_decode_many: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[Union[tuple(TYPES.values())]])  # noqa: UP007 - same


def read(clear: bytes | str, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> Event:
    """One stored event as it is understood today."""
    try:
        return _decode_one.decode(clear)
    except msgspec.ValidationError:
        return _decode_one.decode(msgspec.json.encode(lift(msgspec.json.decode(clear), upcasters)))


def read_many(array: bytes | str, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> list[Event]:
    """A JSON array of stored events as they are understood today, in its order; one call for a whole history."""
    try:
        return _decode_many.decode(array)
    except msgspec.ValidationError:
        return _decode_many.decode(msgspec.json.encode([lift(d, upcasters) for d in msgspec.json.decode(array)]))


def lift(stored: dict[str, Any], upcasters: Mapping[str, Upcaster]) -> dict[str, Any]:
    """Apply upcasters until the stored form is a current one."""
    while (upcaster := upcasters.get(stored["type"])) is not None:
        stored = upcaster(stored)
    return stored


def write(event: Event) -> bytes:
    """The stored form of an event: JSON without what is sealed, and without its place."""
    bare = msgspec.structs.replace(event, version=0, sealed_refs=None, **dict.fromkeys(sealed_fields(type(event))))
    return msgspec.json.encode(bare)
