"""Brings a database schema to the newest version: numbered SQL files, each applied once, in one transaction each."""

from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any, LiteralString, cast

import psycopg

LOCK = 7_233_173_853_026_156_140


class SchemaTooNew(RuntimeError):
    """The database was brought to a version that this program does not know."""


def migrate(connection: psycopg.Connection[Any], package: str, name: str) -> list[str]:
    """Apply what is missing of `package`'s NNN_*.sql files to the schema called `name`; returns what was applied.

    Safe to call from several processes at once. SchemaTooNew where the database knows a file that the package does not,
    or where a file was changed after it had been applied.
    """
    applied: list[str] = []
    connection.autocommit = True
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute(
            """CREATE TABLE IF NOT EXISTS public.jejak_migrations (
                   schema text, file text, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
                   PRIMARY KEY (schema, file))"""
        )
        done: dict[str, str] = dict(
            connection.execute("SELECT file, digest FROM public.jejak_migrations WHERE schema = %s", [name]).fetchall()
        )
        known = dict(_scripts(package))
        _compare(name, done, known)
        for file, script in known.items():
            if file not in done:
                connection.execute(cast("LiteralString", script))
                connection.execute(
                    "INSERT INTO public.jejak_migrations (schema, file, digest) VALUES (%s, %s, %s)",
                    [name, file, _digest(script)],
                )
                applied.append(file)
    return applied


def _compare(name: str, done: dict[str, str], known: dict[str, str]) -> None:
    if unknown := sorted(done.keys() - known.keys()):
        raise SchemaTooNew(
            f"the database has {name} migrations that this version of Jejak lacks: {', '.join(unknown)}; install a newer Jejak"
        )
    if changed := sorted(f for f, digest in done.items() if _digest(known[f]) != digest):
        raise SchemaTooNew(
            f"{name} migrations were changed after they had been applied: {', '.join(changed)}; they never change"
        )


def _scripts(package: str) -> Iterator[tuple[str, str]]:
    for file in sorted(files(package).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".sql"):
            yield file.name, file.read_text("utf-8")


def _digest(script: str) -> str:
    return sha256(script.encode()).hexdigest()
