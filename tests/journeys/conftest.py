"""The whole product, once for all journeys: from port 25 to the next hop, over loopback."""

from __future__ import annotations

import json
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.load.product import Product, SinkProcess

PATIENCE = 120.0
"""Seconds; what comes late on a busy machine is late, what never comes is lost."""
TENANT = """\
version: 1
tenant: {name}
domains:
  {domain}:
    routes: [{{host: 127.0.0.1, port: {port}}}]
address_registration: enforce
addresses: [carla.vermeer@{domain}, alice@{domain}, bob@{domain}, gone@{domain}, later@{domain}]
{more}
"""


@dataclass(slots=True)
class Platform:
    """A running product, its next hop, and what a person would do with them."""

    product: Product
    sink: SinkProcess
    kept: Path

    def publish(self, name: str, domain: str, more: str = "") -> None:
        """Apply a tenant's document; returns when it is in force."""
        file = self.product.home / f"{name}.yaml"
        file.write_text(TENANT.format(name=name, domain=domain, port=self.sink.port, more=more))
        self.product.command("tenant", "apply", str(file))

    def send(
        self,
        octets: bytes,
        *recipients: str,
        sender: str = "ann@partner.example",
        source: str = "127.0.0.1",
        tls: bool = False,
    ) -> tuple[str, dict[str, str]]:
        """Send one message; return our queue id (or the refusal) and each refused recipient's reply."""
        with smtplib.SMTP("127.0.0.1", self.product.port, timeout=60, source_address=(source, 0)) as client:
            if tls:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                client.starttls(context=context)
            client.ehlo("mx.partner.example")
            client.mail(sender, ["BODY=8BITMIME"])
            refused = {}
            for recipient in recipients:
                code, text = client.rcpt(recipient)
                if code != 250:
                    refused[recipient] = f"{code} {text.decode()}"
            if len(refused) == len(recipients):
                return next(iter(refused.values())), refused
            try:
                code, text = client.data(octets)
            except smtplib.SMTPDataError as failure:
                return f"{failure.smtp_code} {failure.smtp_error!r}", refused
            words = f"{code} {text.decode()}"
            return (words.rpartition(" ")[2] if code == 250 else words), refused

    def story(self, identity: str, *places: str) -> dict[str, Any]:
        """Return the trace of a message once all its recipients are at one of ``places``."""
        deadline = time.monotonic() + PATIENCE
        told: dict[str, Any] = {}
        while time.monotonic() < deadline:
            lines = self.product.command("trace", "--id", identity, "--json").strip()
            told = json.loads(lines) if lines else {}
            found = [recipient["place"] for recipient in told.get("recipients", [])]
            if found and all(place in places for place in found):
                return told
            time.sleep(0.1)
        raise AssertionError(f"{identity} is not at {places}: {told}")

    def delivered(self, identity: str) -> list[bytes]:
        """Return the octets of every copy of a message that reached the next hop."""
        return [path.read_bytes() for path in sorted(self.kept.glob(f"{identity}*"))]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with the tenants ``one`` (one.example) and ``two`` (two.example)."""
    folder = tmp_path_factory.mktemp("journeys")
    kept = folder / "kept"
    kept.mkdir()
    sink = SinkProcess.start(folder, keep=kept)
    # However full the disk of this machine is, the platform takes mail.
    relay = f'[delivery]\nrelay = "127.0.0.1:{sink.port}"\n[content]\nleast_free_share = 0.01\n'
    product = Product.start(folder / "home", relay)
    try:
        made = Platform(product, sink, kept)
        made.publish("one", "one.example", 'protected_names: ["Élise Dupont"]')
        made.publish("two", "two.example")
        yield made
    finally:
        product.stop()
        sink.stop()
