"""The house's rules, held by tests: the floors, the size of files, what does not belong into code."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

HOUSE = Path(__file__).parents[1]
FLOORS = ("domain", "projections", "api")
SOURCES = sorted(path for floor in FLOORS for path in (HOUSE / floor).rglob("*.py"))
ALL = [*SOURCES, *sorted((HOUSE / "tests").rglob("*.py"))]
ONE_PAGE = {"domain/events.py"}  # the vocabulary is one page, however long
LONGEST = 400  # lines
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
SILENCED = re.compile(r"#\s*(noqa|type: ignore|pyright: ignore)(:[A-Z0-9, ]+|\[[^]]*\])?\s*$")
CALLED_AT_IMPORT = {
    "open",
    "connect",
    "run",
    "Popen",
    "start",
    "read_text",
    "write_text",
    "mkdir",
    "getenv",
    "now",
    "today",
}


def named(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()}"
        for path in ALL
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_floors_hold() -> None:
    """The contracts of pyproject.toml: api over projections over domain, and who may know what from outside."""
    linter = Path(sys.executable).with_name("lint-imports")
    seen = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=HOUSE, capture_output=True, text=True)
    assert seen.returncode == 0, seen.stdout


def test_no_file_is_long() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in ALL if named(path) not in ONE_PAGE}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFTOVERS) == []


def test_a_check_is_silenced_only_with_a_reason_beside_it() -> None:
    assert lines_with(SILENCED) == []


def test_nothing_happens_at_import() -> None:
    """No statement of a module opens, connects, starts or looks at the clock."""
    done = [
        f"{named(path)}:{call.lineno}"
        for path in SOURCES
        for statement in ast.parse(path.read_text()).body
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If))
        for call in ast.walk(statement)
        if isinstance(call, ast.Call) and _name(call.func) in CALLED_AT_IMPORT
    ]
    assert done == []


def test_only_the_third_floor_reads_the_environment_and_the_clock() -> None:
    read = [
        f"{named(path)}:{call.lineno}"
        for path in SOURCES
        if named(path).split("/")[0] != "api"
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Attribute)
        and ast.unparse(call) in {"os.environ", "os.getenv", "datetime.now", "time.time"}
    ]
    assert read == []


def test_the_lock_pins_every_dependency_and_names_no_place() -> None:
    lock = (HOUSE / "requirements.lock").read_text()
    pinned = {line.split("==")[0] for line in lock.splitlines() if "==" in line}
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = {
        re.split(r"[\[<>=; ]", text)[0] for text in [*project["dependencies"], *(t for extra in extras for t in extra)]
    }
    assert wanted <= pinned
    assert not re.search(r"://|--|/|@", lock)


def test_the_data_of_a_package_is_installed_with_it() -> None:
    """Every kind of file that lies beside the code is named as package data."""
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    kinds = {kind.removeprefix("*") for kind in project["tool"]["setuptools"]["package-data"]["*"]}
    beside = [
        path for floor in FLOORS for path in (HOUSE / floor).rglob("*.*") if path.suffix not in {".py", ".pyc", ".md"}
    ]
    assert [named(path) for path in beside if path.suffix not in kinds] == []
    assert distribution("jejak").version == project["project"]["version"]


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
