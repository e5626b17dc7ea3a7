"""Keeps one PostgreSQL server running for as long as any process uses it; a program of its own, standard library only.

`api.embedded` starts it once per data folder, with the folder's keeper lock already held on an inherited descriptor, so
that there is never a second one. It starts the server, starts it again when it was killed, and ends it when nobody
holds the shared lock on the users' file any more. The kernel drops a lock with its holder, so a process that was killed
counts as gone. On Linux the kernel tells the server to end should this keeper be killed.
"""

import argparse
import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

LOOK_EVERY = 0.1  # seconds between two looks at the server and at its users
GIVE_UP_AFTER = 15.0  # seconds of restarts that do not stay up
STEADY = 5.0  # a server that ran for so many seconds had started
STOP_WITHIN = 60.0  # seconds for an orderly end, after which it is told to end at once
PR_SET_PDEATHSIG = 1


class Ended(SystemExit):
    """We were asked to end."""


def postmaster_of(cluster: Path) -> int | None:
    """The process id in the cluster's pid file, if that process really is a server of this cluster.

    The file outlives a killed server, and its number may by then belong to any process.
    """
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid > 1 and str(cluster) in _command(pid) else None


def _command(pid: int) -> list[str]:
    """The command line of a process; empty if there is none, or only a zombie (nobody may be there to reap it)."""
    try:
        if Path("/proc/self").exists():
            return (Path("/proc") / str(pid) / "cmdline").read_text().split("\0")
        return subprocess.run(["/bin/ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout.split()
    except OSError:
        return []


def end_orphan(cluster: Path) -> None:
    """End a server whose keeper was killed; it may already be on its way out."""
    sent = None
    start = time.monotonic()
    while (pid := postmaster_of(cluster)) is not None:
        wish = signal.SIGQUIT if time.monotonic() - start > STOP_WITHIN / 2 else signal.SIGINT
        if wish != sent:
            sent = wish
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wish)
        time.sleep(LOOK_EVERY)


def clear_stale(cluster: Path, socket: Path) -> None:
    """Make the leavings of a killed server harmless, also where its process id was given to another process.

    The pid file keeps the key of the server's shared memory, by which the next server notices that backends of the
    last one still run. So the file stays, and only its process id is replaced, by ours: a server takes its parent's
    id for no competitor's.
    """
    end_orphan(cluster)
    for left in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (socket / left).unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        # the folder may be another user's, who must not make us write elsewhere
        pid_file = os.open(cluster / "postmaster.pid", os.O_RDWR | os.O_NOFOLLOW)
        with os.fdopen(pid_file, "r+") as file:
            lines = file.read().split("\n")
            lines[0] = str(os.getpid())
            file.seek(0)
            file.write("\n".join(lines))
            file.truncate()


def _tied_to(parent: int) -> Callable[[], None]:
    """What a child does before it becomes the server: ask the kernel for a fast shutdown should its parent die."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return tie


def start(server: Path, cluster: Path, config: Path, user: int | None, group: int | None) -> subprocess.Popen[bytes]:
    """The server as a child of ours, under the given user if we are root."""
    return subprocess.Popen(
        [str(server), "-D", str(cluster), "-c", f"config_file={config}"],
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},  # PGPORT and its like are no wish of ours
        cwd="/",
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        umask=0o077,
        preexec_fn=_tied_to(os.getpid()),  # no other thread runs here
    )


def nobody_uses(users: int) -> bool:
    """Whether no process holds the shared lock; from a true answer on newcomers wait until we are gone."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keep(launch: Callable[[], subprocess.Popen[bytes]], users: int) -> int:
    """Run until nobody uses the server; 1 if it would not stay up."""
    failing_since: float | None = None
    while True:
        began = time.monotonic()
        server = launch()
        try:
            while server.poll() is None:
                if nobody_uses(users):
                    return 0
                time.sleep(LOOK_EVERY)
        finally:
            stop(server)
        if time.monotonic() - began > STEADY:
            failing_since = None
        failing_since = failing_since or began
        if nobody_uses(users):
            return 0
        if time.monotonic() - failing_since > GIVE_UP_AFTER:
            return 1
        time.sleep(LOOK_EVERY)  # backends of a killed server need a moment to notice


def stop(server: subprocess.Popen[bytes]) -> None:
    """An orderly end, or a quick one after `STOP_WITHIN` seconds."""
    for wish in (signal.SIGINT, signal.SIGQUIT):
        if server.poll() is None:
            server.send_signal(wish)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_WITHIN)
            return
    server.kill()
    server.wait()


def _asked_to_end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Ended(0)


def main() -> int:
    """Detach, then keep the server that the arguments name."""
    arguments = argparse.ArgumentParser(description="Keeps an embedded PostgreSQL server running.")
    arguments.add_argument("--server", type=Path, required=True)
    arguments.add_argument("--cluster", type=Path, required=True)
    arguments.add_argument("--config", type=Path, required=True)
    arguments.add_argument("--socket", type=Path, required=True)
    arguments.add_argument("--users", type=Path, required=True)
    arguments.add_argument("--user", type=int)
    arguments.add_argument("--group", type=int)
    wish = arguments.parse_args()
    if os.fork():  # whoever started us need not wait for our end, and has no child to reap
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGTERM, _asked_to_end)
    signal.signal(signal.SIGINT, _asked_to_end)
    users = os.open(wish.users, os.O_RDWR)

    def launch() -> subprocess.Popen[bytes]:
        clear_stale(wish.cluster, wish.socket)
        return start(wish.server, wish.cluster, wish.config, wish.user, wish.group)

    return keep(launch, users)


if __name__ == "__main__":
    sys.exit(main())
