"""Of records and policies only what RFC 8461 allows counts; anything else is no policy."""

from __future__ import annotations

import pytest

from lazaretto.protocol.mta_sts import LONGEST_AGE, Mode, Policy, PolicyInvalid, parse_policy, record_id

GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mx1.a.example\r\nmx: *.b.example\r\nmax_age: 604800\r\n"


@pytest.mark.parametrize(
    ("records", "named"),
    [
        pytest.param(["v=STSv1; id=20260101T00;"], "20260101T00", id="as in the standard"),
        pytest.param(["v=STSv1;id=7"], "7", id="without spaces or end"),
        pytest.param(["v=STSv1; x=y; id=7; z=1"], "7", id="with further fields"),
        pytest.param(["v=spf1 -all", "v=STSv1; id=7;"], "7", id="beside other records"),
        pytest.param(["v=STSv12; id=9;", "v=STSv1; id=7;"], "7", id="beside another version"),
        pytest.param(["v=STSv1; id=7;", "v=STSv1; id=8;"], "", id="two records"),
        pytest.param(["v=STSv1;"], "", id="without id"),
        pytest.param(["v=STSv1; id=a-b;"], "", id="an id with other characters"),
        pytest.param(["v=STSv1; id=" + "7" * 33], "", id="an id that is too long"),
        pytest.param(["id=7; v=STSv1"], "", id="version not first"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_a_record_names_a_policy_or_there_is_none(records: list[str], named: str) -> None:
    assert record_id(records) == named


@pytest.mark.parametrize("text", [GOOD, GOOD.replace(b"\r\n", b"\n"), GOOD.rstrip(), GOOD + b"new: thing\n"])
def test_a_policy_is_read(text: bytes) -> None:
    assert parse_policy(text) == Policy(
        mode=Mode.ENFORCE, patterns=("mx1.a.example", "*.b.example"), max_age=604_800
    )


def test_the_first_of_two_equal_keys_counts() -> None:
    assert parse_policy(GOOD + b"mode: none\r\n").mode is Mode.ENFORCE


def test_an_age_beyond_a_year_counts_as_a_year() -> None:
    assert parse_policy(GOOD.replace(b"604800", b"9999999999")).max_age == LONGEST_AGE


def test_a_policy_that_ends_needs_no_hosts() -> None:
    assert parse_policy(b"version: STSv1\nmode: none\nmax_age: 86400\n").mode is Mode.NONE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>not found</html>", id="a page"),
        pytest.param(GOOD.replace(b"STSv1", b"STSv2"), id="another version"),
        pytest.param(GOOD.replace(b"enforce", b"strict"), id="unknown mode"),
        pytest.param(GOOD.replace(b"604800", b"-1"), id="negative age"),
        pytest.param(GOOD.replace(b"604800", "٣".encode()), id="digits of another script"),
        pytest.param(GOOD.replace(b"max_age: 604800\r\n", b""), id="no age"),
        pytest.param(b"version: STSv1\nmode: enforce\nmax_age: 5\n", id="no hosts"),
        pytest.param(GOOD.replace(b"*.b", b"mx*.b"), id="a star inside a label"),
        pytest.param(GOOD.replace(b"*.b.example", b"*"), id="a star alone"),
        pytest.param(b"\xff\xfe" + GOOD, id="not UTF-8"),
        pytest.param(GOOD + b"x: y\n" * 20_000, id="too long"),
        pytest.param(GOOD + b"mx: a.example\n" * 500, id="too many hosts"),
    ],
)
def test_what_is_no_policy_is_refused(text: bytes) -> None:
    with pytest.raises(PolicyInvalid):
        parse_policy(text)


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("mx1.a.example", True),
        ("MX1.A.example.", True),
        ("mx2.a.example", False),
        ("any.b.example", True),
        ("b.example", False),
        ("x.any.b.example", False),
        ("evilb.example", False),
    ],
)
def test_a_star_stands_for_one_label(host: str, covered: bool) -> None:
    assert parse_policy(GOOD).covers(host) is covered
