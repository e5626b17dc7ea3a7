"""What `jejak serve` and `jejak demo` start, keep running and end."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from api.wiring import House
from tests.api.conftest import call, event, record

PATIENCE = 60.0  # seconds; other work may hold the machine up


@contextmanager
def running(
    arguments: list[str], environment: dict[str, str], until: str
) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """A `jejak` process that has said a certain word, and what it said up to then."""
    command = [sys.executable, "-m", "api.cli", *arguments]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment | {"COLUMNS": "200"},
    )
    said: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if until in line:
                break
        yield process, said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()


def children(pid: int) -> dict[str, int]:
    """The processes that a process has started, by what they do."""
    found: dict[str, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                words = (path.parent / "cmdline").read_text().split("\0")
                found[words[words.index("api.serving") + 1]] = int(path.parent.name)
        except (OSError, ValueError):
            continue
    return found


def eventually(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if value := true():
                return value
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def ask(address: str, key: str | None = None) -> Any:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def follow(address: str, key: str) -> IO[bytes]:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    return urllib.request.urlopen(request, timeout=PATIENCE)


def messages(stream: IO[bytes]) -> Generator[tuple[str, dict[str, Any]]]:
    last = ""
    for line in stream:
        if line.startswith(b"id: "):
            last = line[4:].decode().strip()
        elif line.startswith(b"data: "):
            yield last, json.loads(line[6:])


@pytest.fixture
def environment(house: House) -> dict[str, str]:
    return {
        "JEJAK_DATABASE_URL": house.database_url,
        "JEJAK_KEYS_URL": house.keys_url,
        "JEJAK_DATA": str(house.settings.data),
    }


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_whoever_is_killed_is_started_again_and_all_end_together(house: House, environment: dict[str, str]) -> None:
    with running(["serve", "--port", "0", "--workers", "2"], environment, "answers at") as (process, said):
        key = next(line.split()[-1] for line in said if "Your key" in line)
        address = said[-1].split()[3]
        eventually(lambda: ask(f"{address}/healthz"))
        before = children(process.pid)
        assert set(before) == {"engine", "courier", "worker"}
        os.kill(before["engine"], signal.SIGKILL)
        record(house, event("1", "note.added", 0))
        eventually(lambda: children(process.pid).get("engine", before["engine"]) != before["engine"])
        eventually(lambda: ask(f"{address}/readyz")["behind"] == 0)
        with follow(f"{address}/v1/events/stream?after=latest", key) as stream:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert list(messages(stream)) == []
        assert children(process.pid) == {}


def test_a_follower_that_comes_back_misses_nothing(house: House, environment: dict[str, str]) -> None:
    record(house, *(call(f"c-{i}") for i in range(5)))
    with running(["serve", "--port", "0"], environment, "answers at") as (_, said):
        address = said[-1].split()[3]
        key = house.bearers.create("follower", ["read"])
        eventually(lambda: ask(f"{address}/healthz"))
        with follow(f"{address}/v1/events/stream", key) as stream:
            first = [next(m) for m in [messages(stream)] for _ in range(3)]
        request = urllib.request.Request(
            f"{address}/v1/events/stream", headers={"Authorization": f"Bearer {key}", "Last-Event-ID": first[-1][0]}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
            rest = messages(stream)
            seen = [*first, *(next(rest) for _ in range(4))]
            record(house, call("c-9"))
            seen.append(next(rest))
    assert [e["position"] for _, e in seen] == list(range(1, 9))


def test_a_demo_shows_itself_answers_and_starts_again_quickly(folder: Path) -> None:
    data = folder / "demo"
    size = ["--customers", "20", "--years", "0.3", "--data", str(data)]
    with running(["demo", *size, "--port", "0"], {}, "Ctrl-C") as (process, said):
        text = "".join(said)
        for word in ("Waiting for our answer", "To be contacted", "Last talk", "customers,"):
            assert word in text
        line = next(s for s in said if "curl" in s)
        key, address = line.split("Bearer ")[1].split("'")[0], line.split("'")[-2]
        page = eventually(lambda: ask(address, key))
        assert page["items"]
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    again = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", *size, "--no-serve", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(again.stdout)["events"] > 500


def test_a_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    said = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--data", str(tmp_path), "--no-serve"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, "no demo" in said.stderr) == (1, True)
    assert [p.name for p in tmp_path.iterdir()] == ["precious"]
