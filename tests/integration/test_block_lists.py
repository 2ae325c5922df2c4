"""Block lists are asked over a real DNS server, and the product refuses what they name."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazaretto.detect.reputation.asking import BlockLists
from lazaretto.detect.reputation.settings import ReputationSettings
from lazaretto.protocol.dns import SystemResolver
from lazaretto.protocol.settings import DnsSettings
from tests.integration.running_product import letter, running_product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

UNBOUND = shutil.which("unbound", path="/usr/sbin:/usr/bin:/sbin") or ""
SERVER = """\
server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: ""
  local-zone: "." static
  local-zone: "bl.test." static
  local-data: "9.0.0.127.bl.test. 300 A 127.0.0.2"
  local-data: "7.2.0.192.bl.test. 300 A 127.0.0.4"
  local-data: "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test. 300 A 127.0.0.2"
  local-zone: "dbl.test." static
  local-data: "evil.example.dbl.test. 300 A 127.0.1.2"
  local-zone: "all.test." redirect
  local-data: "all.test. 300 A 127.0.0.2"
remote-control:
  control-enable: no
"""


@pytest.fixture(scope="module")
def dns_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A name server on loopback; gives its ADDRESS:PORT."""
    folder = tmp_path_factory.mktemp("unbound")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "unbound.conf").write_text(SERVER.format(port=port, folder=folder))
    server = subprocess.Popen([UNBOUND, "-c", str(folder / "unbound.conf")], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not _listens(port):
        assert server.poll() is None, server.stderr.read() if server.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield f"127.0.0.1:{port}"
    server.kill()
    server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_lists_are_asked_over_the_dns_and_answers_are_remembered(dns_server: str) -> None:
    lists = {
        "dns_lists": [
            {"zone": "bl.test"},
            {"zone": "dbl.test", "about": "domain"},
            {"zone": "all.test"},
            {"zone": "gone.test"},
        ]
    }

    async def ask() -> tuple[list[str], list[str], float]:
        resolver = SystemResolver(DnsSettings(servers=[dns_server]))
        asker = BlockLists(ReputationSettings.model_validate(lists), resolver)
        first = await asker.ask("192.0.2.7", ["evil.example", "good.example"])
        six = await asker.ask("2001:db8::1", [])
        began = time.process_time()
        for _ in range(200):
            await asker.ask("192.0.2.7", ["evil.example", "good.example"])
        spent = (time.process_time() - began) / 200
        await resolver.close()
        return [f"{e.subject} {e.list}" for e in first], [e.list for e in six], spent

    first, six, spent = asyncio.run(ask())

    assert first == ["192.0.2.7 bl.test", "evil.example dbl.test"]
    assert six == ["bl.test"]
    print(f"CPU per message, five questions answered from memory: {spent * 1000:.3f} ms")


def test_a_listed_client_is_refused_a_dynamic_one_too_and_others_are_not(
    dns_server: str, tmp_path: Path
) -> None:
    dynamic = tmp_path / "dynamic.txt"
    dynamic.write_text("127.0.0.64/28\n")
    settings = f"""
[dns]
servers = ["{dns_server}"]
[reputation]
dns_lists = [{{zone = "bl.test"}}, {{zone = "all.test"}}]
files = [{{file = "{dynamic}", meaning = "dynamic"}}]
"""
    with running_product(tmp_path, settings, dns_file=False) as platform:
        replies = {ip: _send(platform.product.port, ip) for ip in ("127.0.0.9", "127.0.0.70", "127.0.0.5")}

    assert replies["127.0.0.9"].startswith("550")
    assert replies["127.0.0.70"].startswith("550")
    assert replies["127.0.0.5"].startswith("250")


def _send(port: int, ip: str) -> str:
    with smtplib.SMTP("127.0.0.1", port, source_address=(ip, 0), timeout=60) as client:
        client.ehlo("mx.partner.example")
        client.mail("ann@partner.example")
        client.rcpt("bob@one.example")
        try:
            code, text = client.data(letter())
        except smtplib.SMTPDataError as failure:
            return f"{failure.smtp_code} {failure.smtp_error!r}"
    return f"{code} {text.decode()}"
