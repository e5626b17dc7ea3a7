"""A document as TOML, as people would write it: short tables on one line, long ones under a heading.

It says what the document says and reads back as the same; comments of whoever wrote it first are not kept in the ledger.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDEST = 120


def toml(document: Mapping[str, Any]) -> str:
    """The document, ending with a line break. TOML has no null: such fields are left out."""
    return "\n".join(_table(document, ())).lstrip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    later: list[tuple[str, Any]] = []
    for name, value in table.items():
        if value is None:
            continue
        if _under_heading(name, value):
            later.append((name, value))
        else:
            yield from _pair(name, value)
    for name, value in later:
        inner = (*path, name)
        heading = ".".join(map(_key, inner))
        if isinstance(value, list):
            for entry in cast("list[dict[str, Any]]", value):
                yield from ("", f"[[{heading}]]", *_table(entry, inner))
        else:
            yield from ("", f"[{heading}]", *_table(value, inner))


def _under_heading(name: str, value: Any) -> bool:
    """Tables that are too long for a line, and lists of such."""
    if isinstance(value, dict):
        return len(f"{name} = {_inline(value)}") > _WIDEST or any(
            isinstance(v, dict) for v in cast("Any", value).values()
        )
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in cast("list[Any]", value)):
        return any(len(_inline(entry)) > _WIDEST for entry in cast("list[Any]", value))
    return False


def _pair(name: str, value: Any) -> Iterator[str]:
    line = f"{_key(name)} = {_inline(value)}"
    if len(line) <= _WIDEST or not isinstance(value, list):
        yield line
        return
    yield f"{_key(name)} = ["
    for entry in cast("list[Any]", value):
        yield f"    {_inline(entry)},"
    yield "]"


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(_inline(entry) for entry in cast('list[Any]', value))}]"
        case dict():
            pairs = ", ".join(
                f"{_key(n)} = {_inline(v)}" for n, v in cast("dict[str, Any]", value).items() if v is not None
            )
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return str(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
