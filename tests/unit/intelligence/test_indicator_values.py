"""A value that cannot be meant is refused with a sentence; tables go out as they came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.indicators import IndicatorKind
from lazaretto.intelligence.indicator_store import Entry, Wish
from lazaretto.intelligence.indicator_table import read_table, table_of
from lazaretto.intelligence.indicator_values import normal
from lazaretto.intelligence.plain_cells import plain

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("attachmentname", "*"),
        ("attachmentname", "*.*"),
        ("attachmentname", "a\nb.exe"),
        ("md5attachment", "0" * 31),
        ("sha2attachment", "g" * 64),
        ("bodysenderdomain", "no domain"),
        ("bodysenderdomain", "localhost"),
        ("bodysenderemail", "ann"),
        ("bodysendertopleveldomain", "a.b"),
        ("senderipaddress", "192.0.2.300"),
        ("senderiprange", "0.0.0.0/0"),
        ("senderiprange", "2000::/3"),
        ("subject", "**"),
        ("url", "mailto:ann@partner.example"),
        ("url", "e*l.example"),
        ("url", "https://evil.*/kit"),
        ("url", "*.example"),
        ("bodysenderdomain", "ev*l.example"),
        ("url", "http://"),
        ("url", " "),
        ("url", "x" * 1_001),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(kind: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        normal(IndicatorKind(kind), value)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("url", "*.evil.example", "evil.example"),
        ("url", "hxxps://*.evil[.]example/*", "evil.example"),
        ("url", "evil.example/kit/*", "evil.example/kit"),
        (
            "url",
            "https://evil.example:8443/kit?next=http://a.example",
            "evil.example/kit?next=http://a.example",
        ),
        ("url", "evil.example/a*b", "evil.example/a*b"),
        ("envelopesenderdomain", "*.evil.example", "evil.example"),
    ],
)
def test_stars_for_what_an_entry_stands_for_anyhow_are_understood(
    kind: str, written: str, value: str
) -> None:
    assert normal(IndicatorKind(kind), written) == value


@pytest.mark.parametrize(
    "words",
    [
        {"kind": "colour"},
        {"action": "explode"},
        {"direction": "sideways"},
        {"days": 31},
        {"days": 0},
        {"reason": "two\nlines"},
    ],
)
def test_a_wish_with_a_wrong_word_is_refused(words: dict[str, object]) -> None:
    right: dict[str, object] = {"kind": "url", "value": "bad.example", "action": "block"}

    with pytest.raises(ConfigurationError):
        Wish.parse(**(right | words))  # type: ignore[arg-type]


def test_a_table_says_every_wrong_line_at_once() -> None:
    table = "kind,value,days\nurl,bad.example,7\ncolour,blue,7\nurl,worse.example,many\n"

    with pytest.raises(ConfigurationError, match=r"(?s)t\.csv:3: .*t\.csv:4: "):
        read_table(table, "t.csv")


def test_a_table_is_read_as_it_is_written() -> None:
    entry = Entry(
        7, 1, "subject", "=cmd|x*", "tag", "inbound", "a@b.example", "+why", NOW,
        NOW + timedelta(days=3), 0, None,
    )  # fmt: skip

    (wish,) = read_table(table_of([entry], NOW), "t.csv")

    assert (wish.kind.value, wish.value, wish.action.value) == ("subject", "=cmd|x*", "tag")
    assert (wish.direction, wish.life, wish.reason) == ("inbound", timedelta(days=3), "+why")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r\n=1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    assert plain(text).startswith("'")


def test_a_plain_cell_stays_as_it_is() -> None:
    assert plain("Ann & Bob, of the mill") == "Ann & Bob, of the mill"
