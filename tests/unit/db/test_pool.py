"""What the driver's errors mean to one who waits for an answer."""

from __future__ import annotations

import psycopg
import pytest

from lazaretto.core.errors import NotDurable, RowsRefused, StorageFull, TemporaryFailure
from lazaretto.db.pool import check_committed, translated


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        pytest.param(psycopg.errors.DiskFull("no space"), StorageFull, id="disk full"),
        pytest.param(psycopg.OperationalError("gone"), TemporaryFailure, id="server gone"),
        pytest.param(ConnectionResetError("reset"), TemporaryFailure, id="socket gone"),
        pytest.param(psycopg.errors.UniqueViolation("twice"), RowsRefused, id="these rows"),
    ],
)
def test_every_error_is_one_of_ours(failure: psycopg.Error | OSError, expected: type[Exception]) -> None:
    assert type(translated(failure)) is expected


@pytest.mark.parametrize(
    "words",
    [
        "connection failed: FATAL:  sorry, too many clients already",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        'FATAL:  too many connections for role "lazaretto"',
        'FATAL:  too many connections for database "spool"',
    ],
)
def test_a_server_without_a_place_for_us_reads_as_what_to_do_about_it(words: str) -> None:
    failure = translated(psycopg.OperationalError(words))

    assert isinstance(failure, TemporaryFailure)
    assert "no connection is left; raise max_connections" in str(failure)


def test_only_an_unwarned_commit_counts() -> None:
    check_committed("COMMIT", [])
    for answer, warnings in (("ROLLBACK", []), (None, []), ("COMMIT", ["canceling wait"])):
        with pytest.raises(NotDurable):
            check_committed(answer, warnings)
