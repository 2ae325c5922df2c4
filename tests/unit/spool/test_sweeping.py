"""A sweep removes what is old, ours and named by no row; it never removes anything else."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.queued import ContentKind
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.sweeping import Sweeper, Swept
from lazaretto.spool.temporary import TemporaryFolder

DAY = timedelta(days=1)
UUID = "01a20d24-f0be-72d9-b459-2828427c4d44"


class Rows:
    """The references that rows name."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self.names = set(names)

    async def named(self, kind: ContentKind, references: Sequence[str]) -> Collection[str]:
        assert kind is ContentKind.FILE
        return self.names.intersection(references)


class BrokenRows(Rows):
    """A database that does not answer."""

    async def named(self, kind: ContentKind, references: Sequence[str]) -> Collection[str]:
        raise ConnectionError


def sweeper(home: Path, rows: Rows) -> Sweeper:
    return Sweeper(home / "tmp", [FileContent(home / "content")], rows, ContentSettings())


def made(home: Path, reference: str) -> Path:
    path = home / "content" / reference
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def now(ahead: timedelta) -> datetime:
    # Files are as old as the test; the sweeper's clock runs ahead instead.
    return datetime.now(tz=UTC) + ahead


references = st.builds(
    "{}/{}/{:02}/{}-{:08x}".format,
    st.integers(1, 3),
    st.sampled_from(["20260101", "20260102"]),
    st.integers(0, 23),
    st.just(UUID),
    st.integers(0, 1 << 31),
)
strangers = st.one_of(
    references.map(lambda reference: reference + ".bak"),
    references.map(lambda reference: reference.replace("-", "_")),
    st.sampled_from(["README", "1/README", "1/20260101/README", "1/20260101/03/x", "lost/20260101/00/y"]),
)


@given(st.sets(references, max_size=12), st.sets(strangers, max_size=4), st.data())
@settings(max_examples=60, deadline=None)
async def test_exactly_the_old_and_unnamed_go(ours: set[str], foreign: set[str], data: st.DataObject) -> None:
    named = data.draw(st.sets(st.sampled_from(sorted(ours)))) if ours else set()
    old = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ours | foreign:
            made(home, name)

        swept = await sweeper(home, Rows(named)).sweep(now(25 * timedelta(hours=1) if old else DAY / 2))

        content = home / "content"
        left = {path.relative_to(content).as_posix() for path in content.rglob("*") if path.is_file()}
        assert left == foreign | (named if old else ours)
        assert swept.orphans == (len(ours - named) if old else 0)


async def test_half_copied_files_of_a_crash_go(tmp_path: Path) -> None:
    reference = f"1/20260101/03/{UUID}-00000000"
    part = made(tmp_path, reference + ".part")

    assert await sweeper(tmp_path, Rows({reference})).sweep(now(2 * DAY)) == Swept(orphans=1)
    assert not part.exists()


async def test_nothing_goes_when_the_rows_cannot_be_asked(tmp_path: Path) -> None:
    path = made(tmp_path, f"1/20260101/03/{UUID}-00000000")

    with pytest.raises(ConnectionError):
        await sweeper(tmp_path, BrokenRows()).sweep(now(2 * DAY))
    assert path.exists()


async def test_empty_folders_of_past_days_go_with_their_last_file(tmp_path: Path) -> None:
    made(tmp_path, f"1/20260101/03/{UUID}-00000000")
    kept = made(tmp_path, f"1/20260102/03/{UUID}-00000001")

    await sweeper(tmp_path, Rows({f"1/20260102/03/{UUID}-00000001"})).sweep(now(2 * DAY))

    assert not (tmp_path / "content/1/20260101").exists()
    assert kept.exists()


async def test_folders_of_today_stay_because_somebody_may_be_writing(tmp_path: Path) -> None:
    folder = tmp_path / f"content/1/{datetime.now(tz=UTC):%Y%m%d}/03"
    folder.mkdir(parents=True)

    await sweeper(tmp_path, Rows()).sweep(now(timedelta()))

    assert folder.exists()


async def test_old_temporary_files_go_and_young_ones_stay(tmp_path: Path) -> None:
    with TemporaryFolder(tmp_path / "tmp") as folder:
        (folder.path / "file").touch()

        assert await sweeper(tmp_path, Rows()).sweep(now(DAY / 2)) == Swept()
        assert await sweeper(tmp_path, Rows()).sweep(now(2 * DAY)) == Swept(temporary_files=1)
        assert folder.path.exists()


async def test_a_place_that_does_not_exist_yet_is_clean(tmp_path: Path) -> None:
    assert await sweeper(tmp_path, Rows()).sweep(now(2 * DAY)) == Swept()
