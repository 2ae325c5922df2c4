"""A real signed DNS: zones signed by ldns, served by NSD, validated by unbound, all on loopback."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("unbound", "nsd", "ldns-signzone", "ldns-keygen")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

_NSD = """\
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  database: ""
  server-count: 1
remote-control:
  control-enable: no
"""
_UNBOUND = """\
server:
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: ""
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  num-threads: 1
  val-log-level: 2
  qname-minimisation: no
remote-control:
  control-enable: no
"""


def missing_programs() -> list[str]:
    """Return which of the programs are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's records, without SOA and NS; ``tampered`` are replaced once it is signed."""

    records: str
    is_signed: bool = True
    tampered: tuple[tuple[str, str], ...] = ()
    has_expired: bool = False


@contextmanager
def validating_resolver(folder: Path, zones: Mapping[str, Zone]) -> Iterator[str]:
    """Serve ``zones`` and validate what is asked about them; give ``127.0.0.1:PORT`` of the validator."""
    served, validating = _free_port(), _free_port()
    configuration = _NSD.format(port=served, folder=folder)
    unbound = _UNBOUND.format(port=validating, folder=folder)
    for name, zone in zones.items():
        file, anchor = _zone_file(folder, name, zone)
        configuration += f'zone:\n  name: "{name}"\n  zonefile: "{file.name}"\n'
        unbound += f'stub-zone:\n  name: "{name}"\n  stub-addr: 127.0.0.1@{served}\n'
        if anchor:
            unbound = unbound.replace("server:\n", f"server:\n  trust-anchor: '{anchor}'\n", 1)
        else:
            unbound = unbound.replace("server:\n", f'server:\n  domain-insecure: "{name}"\n', 1)
    (folder / "nsd.conf").write_text(configuration)
    (folder / "unbound.conf").write_text(unbound)
    with (
        _running("nsd", "-d", "-c", str(folder / "nsd.conf"), port=served, log=folder / "nsd.log"),
        _running(
            "unbound", "-d", "-c", str(folder / "unbound.conf"), port=validating, log=folder / "unbound.log"
        ),
    ):
        yield f"127.0.0.1:{validating}"


def _zone_file(folder: Path, name: str, zone: Zone) -> tuple[Path, str]:
    """Return the file of a zone and, where it is signed, the record by which it is trusted."""
    plain = folder / f"{name}.zone"
    plain.write_text(
        f"$ORIGIN {name}.\n$TTL 300\n@ IN SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 300\n"
        f"@ IN NS ns.{name}.\nns IN A 127.0.0.1\n{zone.records}\n"
    )
    if not zone.is_signed:
        return plain, ""
    key = _run(folder, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name).strip()
    period = ("-i", "20200101000000", "-e", "20200201000000") if zone.has_expired else ()
    _run(folder, "ldns-signzone", "-n", *period, plain.name, key)
    signed = folder / f"{plain.name}.signed"
    text = signed.read_text()
    for before, after in zone.tampered:
        assert re.search(before, text), f"nothing to tamper with: {before}"
        text = re.sub(before, after, text)
    signed.write_text(text)
    return signed, " ".join((folder / f"{key}.ds").read_text().split())


def _run(folder: Path, *command: str) -> str:
    ran = subprocess.run(
        command, cwd=folder, env={"PATH": _PATH}, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, f"{command}: {ran.stderr}"
    return ran.stdout


@contextmanager
def _running(*command: str, port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={"PATH": _PATH}, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None, f"{command[0]} ended: {log.read_text()}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen: {log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    # Both programs want the number before they start, and one for UDP and TCP alike.
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        return port
