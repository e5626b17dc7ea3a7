"""The fields of a command as they are written on a command line: `--field value`, read by the type of the field."""

from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin

import msgspec

from api.errors import BadRequest
from domain.commands.command import Command
from domain.events import Money


def data_of(command: Command, arguments: Sequence[str], stdin: Callable[[], str]) -> dict[str, Any]:
    """Fields by name. A field that holds several is given several times, or as JSON; `-` is read from standard input.

    BadRequest for what is no option, has no value, or is none of the command's.
    """
    fields = command.fields()
    data: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        option = rest.pop(0)
        name, value = _split(option, rest, command, fields)
        if value == "-":
            value = stdin().rstrip("\n")
        read = _read(value, fields[name], name)
        if isinstance(read, list) and isinstance(data.get(name), list):
            data[name] += read
        elif isinstance(read, dict) and isinstance(data.get(name), dict):
            data[name] |= read
        else:
            data[name] = read
    return data


def _split(option: str, rest: list[str], command: Command, fields: dict[str, Any]) -> tuple[str, str]:
    if not option.startswith("--"):
        raise BadRequest(f"{option!r} is no option; fields of {command.name} are given as --field value")
    name, equals, value = option[2:].partition("=")
    name = name.replace("-", "_")
    if name not in fields:
        told = ", ".join(f"--{one.replace('_', '-')}" for one in fields)
        raise BadRequest(f"{command.name} has no --{name.replace('_', '-')}; it has {told}")
    if equals:
        return name, value
    if _kind(fields[name]) is bool and (not rest or rest[0].startswith("--")):
        return name, "true"
    if not rest:
        raise BadRequest(f"--{name.replace('_', '-')} needs a value")
    return name, rest.pop(0)


def _kind(hint: Any) -> Any:
    """The type itself, without what may be left out and what is said about it."""
    inner = [one for one in get_args(hint) if one is not type(None)]
    if hasattr(hint, "__metadata__") or (type(None) in get_args(hint) and len(inner) == 1):
        return _kind(inner[0])
    return hint


def _read(text: str, hint: Any, name: str) -> Any:
    """A value as the door takes it; what does not fit is left to the door, which says what would."""
    kind = _kind(hint)
    origin = get_origin(kind)
    if text.startswith(("[", "{")) and (origin in (tuple, dict) or _is_struct(kind)):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as e:
            raise BadRequest(f"--{name.replace('_', '-')} is no JSON: {e}") from None
    if origin is tuple:
        return [_read(one.strip(), get_args(kind)[0], name) for one in text.split(",")] if text else []
    if origin is dict:
        key, _, value = text.partition("=")
        return {key.strip(): value.strip()}
    if kind is Money:
        amount, _, currency = text.partition(" ")
        return {"amount": amount, "currency": currency.strip()}
    if kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            return text
    return text


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
