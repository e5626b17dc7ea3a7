"""The machine that benchmarks run on: a PostgreSQL of their own, the API in processes of its own, and what is said of both."""

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from api.settings import Settings
from api.wiring import House, open_house


@dataclass
class Served:
    """An API that answers."""

    host: str
    port: int
    key: str


@contextlib.contextmanager
def open_machine(now: datetime | None = None) -> Generator[House]:
    """A house in a folder of its own, thrown away at the end; fsync and synchronous_commit are on."""
    base = Path(tempfile.mkdtemp(prefix="jejak-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
    base.chmod(0o711)
    try:
        with open_house(Settings(data=base / "data", now=now)) as house:
            with psycopg.connect(house.database_url) as c:
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    row = c.execute("SELECT current_setting(%s)", [name]).fetchone()
                    assert row == ("on",), f"{name} has to be on"
            yield house
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextlib.contextmanager
def serve(house: House, workers: int = 1) -> Generator[Served]:
    """The API with its baseline route, in `workers` processes."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    key = house.bearers.create("benchmark", ["append", "read", "read-sealed"])
    env = os.environ | {"JEJAK_DATA": str(house.settings.data), "PYTHONPATH": str(Path.cwd())}
    if house.settings.now is not None:
        env["JEJAK_NOW"] = house.settings.now.isoformat()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.served", str(port), str(workers)], env=env, start_new_session=True
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield Served("127.0.0.1", port, key)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError("the API did not come up")


def described(house: House) -> str:
    """What figures were measured on."""
    with psycopg.connect(house.database_url) as c:
        row = c.execute("SELECT current_setting('server_version')").fetchone()
    version = row[0] if row else "?"
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    return f"{machine}, PostgreSQL {version}, fsync and synchronous_commit on"
