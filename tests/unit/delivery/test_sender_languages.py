"""A tenant's own people read the tenant's language; strangers read English first."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from lazaretto.core.envelope import Direction
from lazaretto.core.snapshot import Directory
from lazaretto.delivery.sender_languages import SenderLanguages
from lazaretto.testing.copies import TENANT, FixedDirectory, a_copy


class InLanguage(FixedDirectory):
    """The fixed tenant, which reads a language."""

    def __init__(self, language: str) -> None:
        super().__init__({})
        self._snapshot = replace(self._snapshot, language=language)


@pytest.mark.parametrize(
    ("language", "direction", "languages"),
    [
        ("fr", Direction.OUTBOUND, ("fr",)),
        ("fr", Direction.INBOUND, ("en", "fr")),
        ("en", Direction.INBOUND, ("en",)),
        ("en", Direction.OUTBOUND, ("en",)),
    ],
)
def test_who_sent_it_says_in_which_language(
    language: str, direction: Direction, languages: tuple[str, ...]
) -> None:
    of = SenderLanguages(cast("Directory", InLanguage(language))).of

    assert of(a_copy(direction=direction)) == languages


def test_a_tenant_that_is_gone_is_told_in_english() -> None:
    copy = a_copy()
    gone = replace(copy, lease=replace(copy.lease, tenant=type(TENANT)(99)))

    assert SenderLanguages(cast("Directory", InLanguage("fr"))).of(gone) == ("en",)
