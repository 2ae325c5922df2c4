"""Keys, signed messages and DNS answers for the tests of sender authentication."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lazaretto.core.envelope import Client, Envelope, Recipient
from lazaretto.core.facts import Facts
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.authentication.fields import RawMessage
from lazaretto.detect.authentication.gathering import gather
from lazaretto.mail.scanner import view_of
from lazaretto.protocol.dnsfile import FileResolver

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Signer:
    """An RSA key, and messages signed with it by another implementation."""

    private: bytes
    record: str

    def sign(
        self,
        message: bytes,
        domain: str,
        *,
        forms: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
        **options: Any,
    ) -> bytes:
        """Return ``message`` with a signature of ``domain``, selector ``s1``, on top."""
        signature = dkim.sign(message, b"s1", domain.encode(), self.private, canonicalize=forms, **options)
        return signature + message


@pytest.fixture(scope="session")
def signer() -> Signer:
    private = rsa.generate_private_key(65537, 1024)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Signer(private=pem, record=f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


Dns = Callable[[dict[str, Any]], FileResolver]


@pytest.fixture
def dns(tmp_path: Path) -> Dns:
    """Gives a resolver that answers from the given records."""

    def resolver(records: dict[str, Any]) -> FileResolver:
        path = tmp_path / "dns.json"
        path.write_text(json.dumps(records))
        return FileResolver(path)

    return resolver


Check = Callable[..., Any]


@pytest.fixture
def check(dns: Dns) -> Check:
    """Gives the facts about a message: gathered first, then evaluated without a resolver."""

    async def facts_of(
        message: bytes,
        records: dict[str, Any],
        *,
        ip: str = "192.0.2.1",
        reverse_path: str = "ann@author.example",
        helo: str = "mx.author.example",
        now: datetime = NOW,
    ) -> Facts:
        raw = RawMessage(message)
        envelope = Envelope(
            reverse_path=reverse_path, recipients=(Recipient(address="bob@customer.example"),)
        )
        gathered = await gather(envelope, Client(ip=ip, helo=helo), now, raw.header, dns(records))
        return authenticate(view_of(message), gathered, reverse_path, ["bob@customer.example"])

    return facts_of
