"""What was said inside TLS ends with TLS, and what was said before it is not known inside."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from tests.dialogs.conversation import eventually
from tests.dialogs.held_by_hand import staged

_QUIET = 5.0


def _secured(port: int, version: ssl.TLSVersion | None = None) -> tuple[ssl.SSLSocket, socket.socket]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", port), timeout=_QUIET)
    plain.recv(1000)
    plain.sendall(b"EHLO sender.example\r\n")
    plain.recv(1000)
    plain.sendall(b"STARTTLS\r\n")
    plain.recv(1000)
    copy = plain.dup()
    return context.wrap_socket(plain), copy


def _leave_tls_within_data(port: int) -> None:
    secured, plain = _secured(port)
    for command in (
        b"EHLO sender.example",
        b"MAIL FROM:<ann@sender.example>",
        b"RCPT TO:<bob@customer.example>",
        b"DATA",
    ):
        secured.sendall(command + b"\r\n")
        secured.recv(1000)
    secured.sendall(b"Subject: half in TLS\r\n\r\n")
    try:
        secured.unwrap()
        plain.sendall(b"half in clear\r\n.\r\n")
        assert plain.recv(1000) == b""
    except (OSError, ssl.SSLError):
        pass
    finally:
        plain.close()


async def test_a_message_that_leaves_tls_is_dropped(tls: ssl.SSLContext) -> None:
    async with staged(tls) as stage:
        await asyncio.to_thread(_leave_tls_within_data, stage.edge.addresses[0].port)

        await eventually(lambda: _check(stage.edge.counters.open_sessions == 0))
        assert not stage.spool.kept
        assert not stage.edge.counters.refusals["internal fault"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_both_current_versions_are_spoken(tls: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    async with staged(tls) as stage:
        secured, plain = await asyncio.to_thread(_secured, stage.edge.addresses[0].port, version)

        assert secured.version() == version.name.replace("_", ".")
        assert stage.edge.counters.tls_sessions == 1
        plain.close()
        secured.close()


def _check(holds: bool) -> None:
    assert holds
