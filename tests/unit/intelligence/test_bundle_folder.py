"""An unpacked bundle holds what was signed, or it is unpacked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lazaretto.intelligence.bundle import Bundle, built, read
from lazaretto.intelligence.bundle_folder import BundleFolder
from lazaretto.intelligence.bundle_keys import SecretKey

FILES = {"malware/hashes/mine.txt": b"a" * 64 + b" mine\n", "weights.toml": b"[weights]\n"}


@pytest.fixture
def bundle() -> Bundle:
    made = built(FILES, version=7, name="ours", made_at=datetime(2026, 5, 1, tzinfo=UTC))
    return read(made.sign(SecretKey.make()).octets())


def test_what_is_whole_stays_as_it_is(tmp_path: Path, bundle: Bundle) -> None:
    folder = BundleFolder(tmp_path / "bundles")
    unpacked = tmp_path / "bundles" / folder.place(bundle)
    before = unpacked.stat().st_ino

    folder.place(bundle)

    assert unpacked.stat().st_ino == before


@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(lambda file: file.write_bytes(b""), id="emptied"),
        pytest.param(lambda file: file.write_bytes(bytes(file.stat().st_size)), id="zeros"),
        pytest.param(lambda file: file.unlink(), id="gone"),
    ],
)
def test_what_lost_something_is_unpacked_again(
    tmp_path: Path, bundle: Bundle, lose: Callable[[Path], object]
) -> None:
    folder = BundleFolder(tmp_path / "bundles")
    unpacked = tmp_path / "bundles" / folder.place(bundle)
    lose(unpacked / "malware" / "hashes" / "mine.txt")

    assert tmp_path / "bundles" / folder.place(bundle) == unpacked

    found = {str(path.relative_to(unpacked)): path.read_bytes() for path in unpacked.rglob("*.t*")}
    assert found == FILES
