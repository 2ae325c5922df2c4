"""No answer of the edge says more than its client must know (RFC 5321 §7.5, §7.7)."""

from __future__ import annotations

import pytest

import lazaretto
from lazaretto.core.reply import Reply
from lazaretto.edge import replies

ALL = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}


@pytest.mark.parametrize("name", ALL)
def test_none_names_another_address_or_our_version(name: str) -> None:
    reply = ALL[name]

    assert len(ALL) > 40
    assert reply.code not in (251, 551)
    assert "@" not in reply.text
    assert lazaretto.__version__ not in reply.text
