"""The product under load: `lazaretto run` in a home of its own, with one tenant and a sink behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lazaretto.run.home import Home
from lazaretto.testing.ports import await_port, free_port

LAZARETTO = Path(sys.executable).with_name("lazaretto")
TENANT = """\
version: 1
tenant: load
domains:
  customer.example:
    routes: [{{host: 127.0.0.1, port: {port}}}]
address_registration: enforce
addresses: [{addresses}]
max_message_size: 1000
"""
DNS = {
    "partner.example": {"TXT": ["v=spf1 ip4:127.0.0.0/8 -all"], "MX": ["10 mx.partner.example"]},
    "mx.partner.example": {"A": ["127.0.0.1"]},
    # Domains that say something about those who send in their name without leave.
    "hardfail.example": {"TXT": ["v=spf1 -all"]},
    **{
        f"_dmarc.{policy}.example": {"TXT": [f"v=DMARC1; p={policy}"]}
        for policy in ("none", "quarantine", "reject")
    },
}


@dataclass(slots=True)
class Product:
    """A running product; ``port`` is its edge's."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    roots: tuple[int, ...]
    """Processes that, with all below them, are the product."""

    @classmethod
    def start(cls, home: Path, settings: str = "", port: int = 0, *, dns_file: bool = True) -> Product:
        """Start it, at a free port where none is given, and wait until mail is accepted."""
        home.mkdir(parents=True, exist_ok=True)
        if settings:
            (home / "lazaretto.toml").write_text(settings)
        dns = home / "dns.json"
        dns.write_text(json.dumps(DNS))
        port = port or free_port()
        with (home / "supervisor.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    LAZARETTO,
                    "run",
                    "--home",
                    home,
                    "--smtp",
                    f"127.0.0.1:{port}",
                    "--http",
                    f"127.0.0.1:{free_port()}",
                    *(("--dns", dns) if dns_file else ()),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        if process.stdout.readline().strip() != b"ready":
            raise RuntimeError(f"the product does not start: {(home / 'supervisor.log').read_text()[-2000:]}")
        return cls(home, port, process, (process.pid,))

    def apply_tenant(self, next_hop: int, addresses: tuple[str, ...] = ("alice", "bob")) -> None:
        """Publish the tenant whose mail goes to the sink at ``next_hop``."""
        document = self.home / "load.yaml"
        names = ", ".join(f"{name}@customer.example" for name in addresses)
        document.write_text(TENANT.format(port=next_hop, addresses=names))
        self.command("tenant", "apply", str(document))

    def command(self, *words: str) -> str:
        """Run a command against this home; return what it printed."""
        done = subprocess.run(
            [LAZARETTO, *words, "--home", self.home], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"lazaretto {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def without_look(self) -> Iterator[Product]:
        """Have one more edge, whose look finds nothing at no cost, for as long as the block lasts."""
        port = free_port()
        edge = subprocess.Popen(
            [sys.executable, "-m", "tests.load.accepting", str(self.home), f"127.0.0.1:{port}"],
            cwd=Path(__file__).resolve().parents[2],
        )
        try:
            await_port(port)
            yield replace(self, port=port, roots=(*self.roots, edge.pid))
        finally:
            edge.send_signal(signal.SIGTERM)
            edge.wait(timeout=120)

    @contextmanager
    def with_first_detectors(self) -> Iterator[Product]:
        """Have another station take over, with the first detectors only, for as long as the block lasts."""
        door = Home(self.home).sockets / "scan.sock"
        own = next(each for each in door.parent.glob("scan.sock.*") if each.samefile(door))
        station = subprocess.Popen(
            [sys.executable, "-m", "tests.load.first_look", str(self.home)],
            cwd=Path(__file__).resolve().parents[2],
        )
        try:
            deadline = time.monotonic() + 60
            while own.samefile(door) and time.monotonic() < deadline:
                time.sleep(0.1)
            yield replace(self, roots=(*self.roots, station.pid))
        finally:
            station.send_signal(signal.SIGTERM)
            station.wait(timeout=120)
            # The place is empty now: whoever listened there before still does, under a name of its own.
            os.link(own, door)

    def stop(self) -> float:
        """Stop it as a person would; return how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        return time.monotonic() - began


@dataclass(slots=True)
class SinkProcess:
    """The sink in a process of its own; its ledger survives it."""

    port: int
    ledger: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, port: int | None = None, keep: Path | None = None) -> SinkProcess:
        """Start it; it appends to the ledger that an earlier one left, and keeps messages in ``keep``."""
        port = port or free_port()
        ledger = folder / "sink.ledger"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.load.sink", str(port), str(ledger), *([str(keep)] if keep else [])],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).resolve().parents[2],
            env=dict(os.environ),
        )
        assert process.stdout is not None
        process.stdout.readline()
        return cls(port, ledger, process)

    def received(self) -> list[tuple[str, str, str, str]]:
        """Return test id, checksum, recipients and our queue id of everything that came."""
        if not self.ledger.exists():
            return []
        lines = self.ledger.read_text().split("\n")
        return [
            (parts[0], parts[1], parts[2], parts[3]) for line in lines if len(parts := line.split(" ")) == 4
        ]

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
