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


def test_only_an_unwarned_commit_counts() -> None:
    check_committed("COMMIT", [])
    for answer, warnings in (("ROLLBACK", []), (None, []), ("COMMIT", ["canceling wait"])):
        with pytest.raises(NotDurable):
            check_committed(answer, warnings)
