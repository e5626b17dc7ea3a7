"""Documents that people write, TOML or JSON, and on which line of the text each field of one stands."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, cast

from api.errors import BadRequest

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)

Place = tuple[str, ...]


class Written(NamedTuple):
    """A document, and where it stands in its text."""

    name: str
    document: dict[str, Any]
    lines: dict[Place, int]

    def line(self, pointer: str) -> int:
        """The line (from 1 on) of what a JSON Pointer points at, or of the nearest thing around it that is written."""
        place = _steps(pointer)
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def say(self, problems: Iterable[tuple[str, str]]) -> list[str]:
        """Each problem with file, line and field, in the order of the text: `rules.toml:41: tiers.window: …`."""
        found = sorted((self.line(pointer), pointer, said) for pointer, said in problems)
        return [f"{self.name}:{line}: {dotted(pointer)}: {said}" for line, pointer, said in found]


def read(path: Path) -> Written:
    """A document from a file, TOML or (by its name, or as it begins with a brace) JSON. BadRequest where it cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return understand(text, path.name)


def understand(text: str, name: str) -> Written:
    """A document from its text. BadRequest where it is neither TOML nor JSON, with the line."""
    as_json = name.endswith(".json") or text.lstrip()[:1] == "{"
    try:
        found: Any = json.loads(text) if as_json else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{name}:{error.lineno}: is no JSON: {error.msg} at column {error.colno}") from None
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).rpartition(" (at ")
        line = re.search(r"line (\d+)", place)
        raise BadRequest(f"{name}:{line[1] if line else 1}: is no TOML: {said or error}") from None
    if not isinstance(found, dict):
        raise BadRequest(f"{name}:1: holds no table of fields; version, title, … would be expected")
    scanner = _Scanner(text)
    if as_json:
        scanner.value(())
    else:
        scanner.tables()
    return Written(name, cast("dict[str, Any]", found), scanner.lines)


def dotted(pointer: str) -> str:
    """A JSON Pointer as people write it: lifecycle.clauses[3].to."""
    path = ""
    for step in _steps(pointer):
        path += f"[{step}]" if step.isdigit() else f".{step}" if path else step
    return path or "document"


def _steps(pointer: str) -> Place:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


class _Scanner:
    """Walks over a text that is known to be sound, and notes on which line each field begins."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Place, int] = {}
        self._lists: dict[Place, int] = {}  # [[headings]] -> how many there were before the last
        self._line, self._counted = 1, 0

    def tables(self) -> None:
        """A whole TOML document."""
        under: Place = ()
        while self._skip():
            if self._takes("[["):
                keys = self._keys()
                several = (*self._within(keys[:-1]), keys[-1])
                self._lists[several] = number = self._lists.get(several, -1) + 1
                under = (*several, str(number))
                self._note(several)
                self._note(under)
                self._takes("]]")
            elif self._takes("["):
                under = self._within(self._keys())
                self._note(under)
                self._takes("]")
            else:
                self._pair(under)

    def value(self, place: Place) -> None:
        """One value, with what is in it."""
        self._skip()
        self._note(place)
        if string := _STRING.match(self.text, self.at):
            self.at = string.end()
        elif self._takes("["):
            number = 0
            while not self._ends("]"):
                self.value((*place, str(number)))
                number += 1
        elif self._takes("{"):
            while not self._ends("}"):
                self._pair(place)
        elif scalar := _SCALAR.match(self.text, self.at):
            self.at = scalar.end()

    def _pair(self, under: Place) -> None:
        place = under
        for key in self._keys():
            place = (*place, key)
            self._note(place)
        self._skip()
        self.at += 1  # the = or :
        self.value(place)

    def _keys(self) -> list[str]:
        """A key, with its dots."""
        found: list[str] = []
        while True:
            self._skip()
            if string := _STRING.match(self.text, self.at):
                self.at = string.end()
                found.append(_unquoted(string[0]))
            elif bare := _BARE.match(self.text, self.at):
                self.at = bare.end()
                found.append(bare[0])
            self._skip()
            if not self._takes("."):
                return found

    def _within(self, keys: list[str]) -> Place:
        """The place that a heading means: of a list, its last entry."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self._lists:
                place = (*place, str(self._lists[place]))
        return place

    def _skip(self) -> bool:
        """Go on to what is neither blank nor a comment; False at the end."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        return self.at < len(self.text)

    def _ends(self, bracket: str) -> bool:
        self._skip()
        if self._takes(","):
            self._skip()
        return self._takes(bracket) or self.at >= len(self.text)

    def _takes(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _note(self, place: Place) -> None:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        self.lines.setdefault(place, self._line)


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except json.JSONDecodeError:
        return text[1:-1]
