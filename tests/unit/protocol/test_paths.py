"""The arguments of MAIL, RCPT and EHLO become values, or are refused with words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.address import Address
from lazaretto.protocol.parameters import MailParameters, RcptParameters
from lazaretto.protocol.paths import parse_domain, parse_helo, parse_mail, parse_rcpt
from lazaretto.protocol.syntax import BadSyntax


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        pytest.param(b"FROM:<ann@sender.example>", Address("ann", "sender.example"), id="plain"),
        pytest.param(
            b"from:<Ann@Sender.EXAMPLE>", Address("Ann", "sender.example"), id="domain in lower case"
        ),
        pytest.param(
            b"FROM: <ann@sender.example>", Address("ann", "sender.example"), id="blank behind the colon"
        ),
        pytest.param(b"FROM:<>", None, id="null"),
        pytest.param(b"FROM:<@a.example,@b.example:ann@c.example>", Address("ann", "c.example"), id="route"),
        pytest.param(b"FROM:<ann@[192.0.2.1]>", Address("ann", "[192.0.2.1]"), id="literal"),
        pytest.param(b'FROM:<"ann"@c.example>', Address("ann", "c.example"), id="needless quotes"),
        pytest.param(b'FROM:<"a\\nn"@c.example>', Address("ann", "c.example"), id="needless escape"),
        pytest.param(b'FROM:<"a b"@c.example>', Address('"a b"', "c.example"), id="needed quotes"),
        pytest.param(b'FROM:<"a>b"@c.example>', Address('"a>b"', "c.example"), id="bracket in quotes"),
        pytest.param(b"FROM:<a..b.@c.example>", Address("a..b.", "c.example"), id="dots in a row"),
        pytest.param(b"FROM:<key+a=b@c.example>", Address("key+a=b", "c.example"), id="key for bounces"),
    ],
)
def test_reverse_paths_are_read(argument: bytes, address: Address | None) -> None:
    assert parse_mail(argument).reverse_path == address


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        pytest.param(b"", 501, id="nothing"),
        pytest.param(b"TO:<a@b.example>", 501, id="other keyword"),
        pytest.param(b"FROM:a@b.example", 553, id="no brackets"),
        pytest.param(b"FROM:<a@b.example>x", 553, id="octets behind"),
        pytest.param(b"FROM:<a>", 553, id="no domain"),
        pytest.param(b"FROM:<@b.example>", 553, id="no local part"),
        pytest.param(b"FROM:<a@-b.example>", 553, id="hyphen first"),
        pytest.param(b"FROM:<a@" + b"b" * 64 + b".example>", 553, id="long label"),
        pytest.param(b"FROM:<" + b"a" * 129 + b"@b.example>", 553, id="long local part"),
        pytest.param(b"FROM:<a@" + b"b." * 130 + b"example>", 553, id="long domain"),
        pytest.param("FROM:<a\u200b@b.example> SMTPUTF8".encode(), 553, id="invisible character"),
        pytest.param("FROM:<a\u2028b@b.example> SMTPUTF8".encode(), 553, id="line separator"),
        pytest.param(b"FROM:<\xff@b.example> SMTPUTF8", 553, id="not UTF-8"),
    ],
)
def test_other_arguments_are_refused(argument: bytes, code: int) -> None:
    with pytest.raises(BadSyntax) as refused:
        parse_mail(argument)

    assert refused.value.reply.code == code


def test_parameters_are_values() -> None:
    command = parse_mail(b"FROM:<a@b.example> size=42 BODY=8bitmime SMTPUTF8 RET=full ENVID=a+2Bb")

    assert command.parameters == MailParameters(
        size=42, body="8BITMIME", smtputf8=True, ret="FULL", envid="a+2Bb"
    )


def test_what_rcpt_asks_of_dsns_is_kept() -> None:
    command = parse_rcpt(b"TO:<a@b.example> NOTIFY=delay,success ORCPT=rfc822;a+2Bb@c", smtputf8=False)

    assert command.parameters == RcptParameters(notify=("DELAY", "SUCCESS"), original="rfc822;a+2Bb@c")


def test_only_the_postmaster_needs_no_domain() -> None:
    assert parse_rcpt(b"TO:<PostMaster>", smtputf8=False).address is None
    with pytest.raises(BadSyntax):
        parse_rcpt(b"TO:<webmaster>", smtputf8=False)
    with pytest.raises(BadSyntax):
        parse_rcpt(b"TO:<@a.example:postmaster>", smtputf8=False)


def test_one_address_has_one_spelling() -> None:
    composed = parse_rcpt("TO:<zo\u00eb@B\u00fccher.example>".encode(), smtputf8=True)
    decomposed = parse_rcpt("TO:<zoe\u0308@bu\u0308cher.example>".encode(), smtputf8=True)

    assert composed == decomposed
    assert composed.address == Address("zo\u00eb", "xn--bcher-kva.example")


@given(st.binary(max_size=200))
def test_no_argument_does_anything_but_parse_or_be_refused(argument: bytes) -> None:
    for parse in (parse_mail, lambda octets: parse_rcpt(octets, smtputf8=True), parse_helo):
        for prefix in (b"", b"FROM:<", b"TO:<"):
            try:
                parse(prefix + argument)
            except BadSyntax as refused:
                assert refused.reply.code in (501, 553, 555)


def test_a_domain_is_lower_case_a_labels() -> None:
    assert parse_domain("Mail.B\u00dcCHER.example") == "mail.xn--bcher-kva.example"
