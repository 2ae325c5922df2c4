"""Of a folder of bundles the newest that is signed by a trusted key is taken, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lazaretto.core.errors import LazarettoError, TemporaryFailure
from lazaretto.intelligence.bundle import BundleRefused, built
from lazaretto.intelligence.bundle_keys import SecretKey
from lazaretto.intelligence.bundle_store import Fetch
from lazaretto.intelligence.settings import BundleSettings
from lazaretto.run.fetching import fetch_newest, newest_at
from lazaretto.run.home import Home

OURS, THEIRS = SecretKey.make(), SecretKey.make()


def _bundle(folder: Path, version: int, key: SecretKey) -> Path:
    made = built(
        {"weights.toml": b"# none\n"}, version=version, name="a", made_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    file = folder / f"{version}.bundle"
    file.write_bytes(made.sign(key).octets())
    return file


def _settings(folder: Path) -> BundleSettings:
    return BundleSettings(source=str(folder), trusted_keys=(OURS.public.text,))


def test_the_newest_trusted_bundle_of_a_folder_is_taken(tmp_path: Path) -> None:
    for version, key in ((3, OURS), (20, OURS), (100, THEIRS)):
        _bundle(tmp_path, version, key)
    tampered = _bundle(tmp_path, 200, OURS)
    tampered.write_bytes(tampered.read_bytes().replace(b'"version"', b'"versiom"', 1))
    (tmp_path / "300.bundle").write_bytes(b"no bundle at all")

    newest, problem = newest_at(_settings(tmp_path))

    assert newest.manifest.version == 20
    assert all(name in problem for name in ("100.bundle", "200.bundle", "300.bundle"))


def test_a_folder_without_a_trusted_bundle_says_what_is_wrong(tmp_path: Path) -> None:
    _bundle(tmp_path, 5, THEIRS)

    with pytest.raises(BundleRefused, match=r"5\.bundle: the signature is of no key"):
        newest_at(_settings(tmp_path))


def test_an_empty_folder_is_no_refused_bundle(tmp_path: Path) -> None:
    with pytest.raises(TemporaryFailure, match=r"no \*\.bundle"):
        newest_at(_settings(tmp_path))


class _Store:
    """Says what was installed, and keeps what is noted."""

    async def highest(self) -> int:
        return 7

    async def note_fetch(self, source: str, fetch: Fetch) -> None:
        assert source


@pytest.mark.parametrize(("version", "refused"), [(6, True), (7, False)])
async def test_an_older_bundle_than_was_installed_is_refused_and_the_same_is_not(
    tmp_path: Path, version: int, *, refused: bool
) -> None:
    _bundle(tmp_path, version, OURS)
    store: Any = _Store()

    fetch = await fetch_newest(Home(tmp_path), store, _settings(tmp_path), datetime(2026, 5, 1, tzinfo=UTC))

    assert (fetch.is_refused, bool(fetch.problem)) == (refused, refused)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(LazarettoError, match="is not a folder"):
        newest_at(_settings(tmp_path / "absent"))


@pytest.mark.parametrize("source", ["http://x.example/a", "folder/of/mine", "ftp://x.example"])
def test_a_source_is_https_or_a_whole_path(source: str) -> None:
    with pytest.raises(ValueError, match="whole path of a folder"):
        BundleSettings(source=source)
