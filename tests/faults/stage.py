"""Where trials take place: a PostgreSQL of their own, fresh databases for each, and processes that can be killed."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from api import embedded
from tests.ledgers import Home, settle

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds after which something that has to happen is taken not to


class Unkept(AssertionError):
    """A promise was not kept."""


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; Unkept where it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise Unkept(f"{what}: not within {PATIENCE:.0f} s")
        time.sleep(0.01)


class Child:
    """A process of a trial: `python -m tests.faults.PROGRAM WISH`, whose lines are gathered as they come."""

    def __init__(self, program: str, wish: dict[str, Any]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{program}", json.dumps(wish)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._gathering = threading.Thread(target=self._gather)
        self._gathering.start()

    def _gather(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n"):  # a killed process may leave half a line
                self.lines.append(line.rstrip("\n"))

    def say(self, text: str) -> None:
        """A line on its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._end()

    def finish(self) -> None:
        """End its standard input, and wait for its orderly end; Unkept where that is a failure."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Unkept(f"{self._process.args} did not end") from None
        self._end()
        if code != 0:
            raise Unkept(f"{self._process.args} ended with {code}")

    def _end(self) -> None:
        self._process.wait()
        self._gathering.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None


class Stage:
    """A server with room for any number of trials."""

    def __init__(self, folder: Path) -> None:
        self._server = embedded.server(folder)
        self._numbers = itertools.count(1)
        self._template = settle(self._databases("template"))

    def close(self) -> None:
        """End the server."""
        self._server.close()
        embedded.wait_until_ended(self._server.data)

    def home(self) -> Home:
        """Two fresh databases at the newest schema."""
        return self._databases(f"trial_{next(self._numbers)}", "template")

    def forget(self, home: Home) -> None:
        """Drop a trial's databases."""
        with self.admin() as connection:
            for url in home:
                name = conninfo_to_dict(url)["dbname"]
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def _databases(self, name: str, template: str | None = None) -> Home:
        with self.admin() as connection:
            for suffix in ("", "_keys"):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(name + suffix),
                        sql.Identifier(f"{template}{suffix}" if template else "template1"),
                    )
                )
        return Home(self._server.url(name), self._server.url(f"{name}_keys"))

    @contextlib.contextmanager
    def admin(self, database: str = "postgres") -> Generator[psycopg.Connection[Any]]:
        """A connection for looking and for mischief."""
        with psycopg.connect(self._server.url(database), autocommit=True) as connection:
            yield connection

    # --- mischief --------------------------------------------------------------------------------------------------------

    def terminate_somebody(self, home: Home) -> int:
        """Have one connection of a trial's databases ended by the server; how many were."""
        names = [str(conninfo_to_dict(url)["dbname"]) for url in home]
        with self.admin() as connection:
            return connection.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = ANY(%s) AND backend_type = 'client backend' ORDER BY random() LIMIT 1""",
                [names],
            ).rowcount

    def kill_server(self, *, keeper: bool = False) -> int:
        """Kill -9 the server's first process and all of its others (and who keeps it running, before); how many."""
        first = int((self._server.place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        victims = [first, *_children(first)]
        if keeper:
            victims.insert(0, _parent(first))
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(victims)

    def await_server(self) -> None:
        """Wait until the server answers again, started anew if need be."""
        self._server.ensure()
        until(self._answers, "the server comes back")

    def _answers(self) -> bool:
        try:
            with self.admin() as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _status(pid: int) -> dict[str, str]:
    try:
        lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _parent(pid: int) -> int:
    return int(_status(pid)["PPid"])


def _children(pid: int) -> Iterable[int]:
    return [
        int(p.name)
        for p in Path("/proc").iterdir()
        if p.name.isdigit() and _status(int(p.name)).get("PPid") == str(pid)
    ]


@contextlib.contextmanager
def stage() -> Generator[Stage]:
    """A stage in a folder of its own, which is removed."""
    folder = Path(tempfile.mkdtemp(prefix="jejak-faults-"))
    folder.chmod(0o711)
    try:
        with contextlib.closing(Stage(folder / "data")) as made:
            yield made
    finally:
        shutil.rmtree(folder)
