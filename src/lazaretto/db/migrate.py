"""Bringing a database to the schema of this program: numbered SQL files, in order, each once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import psycopg
from psycopg import sql

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.server import DatabaseServer

DATABASES: Final = ("control", "spool", "trace")
_NAME: Final = re.compile(r"(\d{4})-[a-z0-9-]+\.sql")
# Any number does that no other program takes in a database of ours.
_LOCK: Final = 0x6C617A61


def prepare(server: DatabaseServer) -> None:
    """Make the databases of ``server`` that do not exist and bring all of them up to date."""
    for database in DATABASES:
        create_database(server.dsn("postgres"), database)
        migrate(server.dsn(database), database)


def create_database(dsn: str, name: str) -> None:
    """Create database ``name`` unless it exists; ``dsn`` is of any other one on the same server."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Not while another process does the same: CREATE DATABASE cannot run in a transaction.
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def migrate(dsn: str, database: str) -> tuple[str, ...]:
    """Apply to the database at ``dsn`` what is missing of ``database``'s migrations; return their names.

    Each runs in a transaction of its own, under a lock: several processes may call this at once.
    """
    applied = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = {row[0] for row in connection.execute("SELECT name FROM migration")}
        for file in migrations_of(database):
            if file.name not in known:
                _apply(connection, file)
                applied.append(file.name)
    return tuple(applied)


def migrations_of(database: str) -> tuple[Traversable, ...]:
    """Return the migration files of ``database`` in order; two of one number are an error."""
    named = {file.name: file for file in _files_of(database)}
    numbers = [name[:4] for name in named]
    if len(set(numbers)) < len(numbers):
        raise ConfigurationError(f"two migrations of {database} have the same number")
    return tuple(named[name] for name in sorted(named))


def _files_of(database: str) -> Iterator[Traversable]:
    folder = files("lazaretto.db").joinpath("migrations", database)
    for file in folder.iterdir() if folder.is_dir() else ():
        if _NAME.fullmatch(file.name):
            yield file


def _apply(connection: psycopg.Connection[tuple[object, ...]], file: Traversable) -> None:
    text = file.read_text(encoding="utf-8")
    with connection.transaction():
        connection.execute(text, prepare=False)
        connection.execute("INSERT INTO migration (name) VALUES (%s)", [file.name])
