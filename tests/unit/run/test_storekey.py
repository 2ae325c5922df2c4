"""The key that pages sign with is made once, whole or not at all, and is never what anybody could guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.storekey import web_key


def test_it_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path)

    key = web_key(home)

    assert len(key) == 64
    assert web_key(home) == key
    assert home.web_key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [b"", b"\n", b"short", bytes(64), b"\xff" * 64])
def test_what_a_disk_left_of_it_is_no_key(tmp_path: Path, left: bytes) -> None:
    home = Home(tmp_path)
    home.web_key.write_bytes(left)

    with pytest.raises(ConfigurationError, match="holds no key"):
        web_key(home)
