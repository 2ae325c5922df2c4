"""The reference pages say what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from lazaretto.cli.reference import pages

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_reference_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `make reference`"


def test_the_settings_document_is_read_back_as_the_defaults() -> None:
    from lazaretto.run.settings import Settings, defaults_document, parse_settings

    assert parse_settings(defaults_document(), "lazaretto.toml") == Settings()
