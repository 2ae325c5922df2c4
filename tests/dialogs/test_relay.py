"""Strangers cannot send through us to anybody who is not ours, however they spell it."""

from __future__ import annotations

import pytest

from tests.dialogs.held_by_hand import called, said, staged

RECIPIENTS = [
    b"<eve@elsewhere.example>",
    b"<EVE@ELSEWHERE.EXAMPLE>",
    b"<eve@sub.customer.example>",
    b"<eve@xcustomer.example>",
    b"<eve@customer.example.elsewhere.example>",
    b"<eve@customer.exampl\xd0\xb5>",
    b"<eve@customer-example>",
    b"<eve@customer.example.>",
    b"<eve@.customer.example>",
    b"<eve@customer..example>",
    b"<eve%elsewhere.example@customer.example>",
    b"<eve%elsewhere.example%customer.example@customer.example>",
    b"<eve%elsewhere.example>",
    b"<elsewhere.example!eve@customer.example>",
    b"<elsewhere.example!eve>",
    b"<customer.example!elsewhere.example!eve@customer.example>",
    b'<"eve@elsewhere.example"@customer.example>',
    b'<"eve@elsewhere.example">',
    b'<"eve%elsewhere.example"@customer.example>',
    b'<"elsewhere.example!eve"@customer.example>',
    b"<@customer.example:eve@elsewhere.example>",
    b"<@customer.example,@other.example:eve@elsewhere.example>",
    b"<@elsewhere.example:eve@elsewhere.example>",
    b"<eve@elsewhere.example@customer.example>",
    b"<eve@customer.example@elsewhere.example>",
    b"<eve@[127.0.0.1]>",
    b"<eve@[192.0.2.1]>",
    b"<eve@[IPv6:::1]>",
    b"<bob@[127.0.0.1]>",
    b"<eve@127.0.0.1>",
    b"<eve@localhost>",
    b"<bob@mx.lazaretto.example>",
    b"<eve>",
    b"<bob>",
    b"<@elsewhere.example>",
    b"<@>",
    b"<eve@>",
    b"<>",
    b"",
    b"<eve@elsewhere.example>,<bob@customer.example>",
    b"<bob@customer.example>,<eve@elsewhere.example>",
    b"<bob@customer.example,eve@elsewhere.example>",
    b"<bob@customer.example> <eve@elsewhere.example>",
    b"<bob@customer.example\0@elsewhere.example>",
    b"<eve@elsewhere.example\0@customer.example>",
    b"<bob@customer.example\rRCPT TO:<eve@elsewhere.example>",
    b"<eve@elsewhere.example (bob@customer.example)>",
    b"<(bob@customer.example)eve@elsewhere.example>",
    b"<eve @customer.example>",
    b"<|id@customer.example>",
    b"<../../etc/passwd@customer.example>",
    b"<' OR 1=1 --@customer.example>",
    b"<${jndi:ldap://x}@customer.example>",
    b"eve@elsewhere.example",
    b"<<eve@elsewhere.example>>",
    b"<eve@elsewhere.example",
    b"<postmaster@elsewhere.example>",
    b"<eve@xn--elsewhere-.example>",
    b"<eve+bob=customer.example@elsewhere.example>",
]


@pytest.mark.parametrize("recipient", RECIPIENTS, ids=[repr(each)[2:-1] or "nothing" for each in RECIPIENTS])
async def test_nothing_is_relayed_for_strangers(recipient: bytes) -> None:
    async with staged() as stage:
        line = await called(stage)
        assert (await said(line, b"EHLO sender.example\r\n")).startswith("250")
        assert (await said(line, b"MAIL FROM:<ann@sender.example> SMTPUTF8\r\n")).startswith("250")

        assert (await said(line, b"RCPT TO:" + recipient + b"\r\n")).startswith("5")
        assert (await said(line, b"DATA\r\n")).startswith("503")
        assert not stage.spool.kept


@pytest.mark.parametrize("reverse_path", ["bob@customer.example", "", "eve@elsewhere.example"])
@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.5"])
async def test_no_sender_name_opens_the_relay(reverse_path: str, source: str) -> None:
    async with staged() as stage:
        line = await called(stage, source)
        assert (await said(line, b"EHLO mail.customer.example\r\n")).startswith("250")
        assert (await said(line, f"MAIL FROM:<{reverse_path}>\r\n".encode())).startswith("250")

        assert await said(line, b"RCPT TO:<eve@elsewhere.example>\r\n") == "550 5.7.1 relaying denied"
