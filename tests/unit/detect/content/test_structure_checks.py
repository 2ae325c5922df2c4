"""What structure checks see in HTML, whatever the letters' case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.content.structure_checks import StructureChecks
from lazaretto.mail.scanner import view_of

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1", port=25))


@pytest.mark.parametrize(
    ("style", "is_unseen"),
    [
        pytest.param(b"FONT-SIZE: 0px;", True, id="tiny"),
        pytest.param(b"Color:#FFF; background: #ffffff", True, id="white on white"),
        pytest.param(b"background-color:#FFF; background: #ffffff", False, id="two backgrounds"),
        pytest.param(b"font-size:12px;", False, id="of ordinary size"),
    ],
)
def test_style_that_cannot_be_seen_is_told_from_style_that_can(style: bytes, is_unseen: bool) -> None:
    html = b'From: a@b.example\r\nContent-Type: text/html\r\n\r\n<p style="' + style + b'">words</p>\r\n'

    symbols = {finding.symbol for finding in StructureChecks().look(view_of(html), FACTS, None)}

    assert ("HTML_INVISIBLE_STYLE" in symbols) == is_unseen
