"""The same workloads through Debian's Postfix, alone and with rspamd as its milter.

    python -m tests.load.peers [postfix|postfix+rspamd …]

Both run from a configuration of their own in a temporary folder, on loopback, as root (Postfix's
master wants it).  A peer that is not installed is named and left out.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from lazaretto.testing.ports import await_port, free_port
from lazaretto.testing.postfix import Postfix, is_there
from tests.load.bench import Workload, figures, workloads
from tests.load.processes import Usage, usage_of
from tests.load.product import SinkProcess
from tests.load.sender import Ledger, send_all

POSTFIX = """\
myhostname = peer.example
relay_domains = customer.example
relay_recipient_maps =
local_recipient_maps =
transport_maps = inline:{{ customer.example=smtp:[127.0.0.1]:{sink} }}
message_size_limit = 1100000000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
default_process_limit = 100
smtp_destination_concurrency_limit = 20
default_destination_concurrency_limit = 20
smtp_dns_support_level = disabled
"""
MILTER = """\
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = tempfail
milter_protocol = 6
"""
RSPAMD_PROXY = """\
bind_socket = "127.0.0.1:{milter}";
milter = yes;
timeout = 60s;
upstream "local" {{ default = yes; self_scan = yes; }}
count = 2;
"""
RSPAMD_OPTIONS = """\
dns {{ nameserver = ["127.0.0.1:{dead}"]; timeout = 0.01s; retransmits = 1; }}
"""
DRAIN_PATIENCE = 120.0


@dataclass(slots=True)
class Peer:
    """Running processes of one peer."""

    postfix: Postfix
    milter: subprocess.Popen[bytes] | None

    @property
    def port(self) -> int:
        """Where it takes mail."""
        return self.postfix.port

    def usage(self) -> Usage:
        """Return what all of its processes have used."""
        cpu: dict[str, float] = {}
        peak: dict[str, float] = {}
        for root in (self.postfix.process, self.milter):
            if root is None:
                continue
            usage = usage_of(root.pid)
            for role, seconds in usage.cpu.items():
                cpu[role] = cpu.get(role, 0.0) + seconds
            for role, memory in usage.peak.items():
                peak[role] = max(peak.get(role, 0.0), memory)
        return Usage(cpu, peak)

    def stop(self) -> None:
        """End everything that was started here."""
        self.postfix.stop()
        if self.milter is not None:
            self.milter.terminate()
            self.milter.wait()


def available() -> list[str]:
    """Return the peers that can run here, and say which cannot."""
    found = []
    if not is_there():
        print("peers left out: Postfix needs root and the Debian package postfix")
        return []
    found.append("postfix")
    if shutil.which("rspamd", path="/usr/bin:/usr/sbin") is None:
        print("peer left out: rspamd is not installed (Debian package rspamd)")
    else:
        found.append("postfix+rspamd")
    return found


def start(name: str, folder: Path, sink: int) -> Peer:
    """Start a peer that delivers to the sink at port ``sink``."""
    settings, milter = POSTFIX.format(sink=sink), None
    if "rspamd" in name:
        port = free_port()
        milter = _start_rspamd(folder / "rspamd", port)
        await_port(port)
        settings += MILTER.format(milter=port)
    return Peer(Postfix.start(folder, settings), milter)


def _start_rspamd(folder: Path, milter: int) -> subprocess.Popen[bytes]:
    shutil.copytree("/etc/rspamd", folder / "etc")
    local = folder / "etc" / "local.d"
    local.mkdir(exist_ok=True)
    (local / "worker-proxy.inc").write_text(RSPAMD_PROXY.format(milter=milter))
    (local / "options.inc").write_text(RSPAMD_OPTIONS.format(dead=free_port()))
    (local / "worker-normal.inc").write_text("enabled = false;\n")
    (local / "worker-controller.inc").write_text("enabled = false;\n")
    (local / "worker-fuzzy.inc").write_text("enabled = false;\n")
    (local / "logging.inc").write_text(
        f'type = "file"; filename = "{folder}/rspamd.log"; level = "warning";\n'
    )
    # Greylisting and ratelimits want Redis; without it they would only log.
    for module in ("greylist", "ratelimit", "history_redis", "neural", "fuzzy_check"):
        (local / f"{module}.conf").write_text("enabled = false;\n")
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    shutil.chown(data, "_rspamd", "_rspamd")
    (folder / "rspamd.log").touch()
    shutil.chown(folder / "rspamd.log", "_rspamd", "_rspamd")
    variables = {"CONFDIR": folder / "etc", "LOCAL_CONFDIR": folder / "etc", "DBDIR": data, "RUNDIR": data}
    words = [word for name, value in variables.items() for word in ("--var", f"{name}={value}")]
    return subprocess.Popen(
        ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(folder / "etc" / "rspamd.conf"), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def measure(name: str, workload: Workload) -> dict[str, object]:
    """Run one workload through one peer to the last delivery; return its figures."""
    with tempfile.TemporaryDirectory(prefix="lz-peer-") as text:
        folder = Path(text)
        folder.chmod(0o755)
        sink = SinkProcess.start(folder)
        peer = start(name, folder, sink.port)
        try:
            warm = iter([("warm", "bob@customer.example", b"Subject: warm\r\n\r\nup\r\n")])
            asyncio.run(send_all(peer.port, warm, Ledger(), connections=1))
            ledger = Ledger()
            before_sink = len(sink.received())
            before, began = peer.usage(), time.monotonic()
            uvloop.run(send_all(peer.port, workload.messages(), ledger, connections=workload.connections))
            accepted = time.monotonic()
            while not peer.postfix.is_empty() and time.monotonic() < accepted + DRAIN_PATIENCE:
                time.sleep(0.1)
            ended, after = time.monotonic(), peer.usage()
            delivered = len(sink.received()) - before_sink
            told = figures(workload, ledger, before, after, accepted - began, ended - began, delivered)
            return {"peer": name, **told}
        finally:
            peer.stop()
            sink.stop()


def main(words: list[str]) -> None:
    """Measure the peers and workloads that are named, or all."""
    known = available()
    peers = [word for word in words if word.startswith("postfix")] or known
    wanted = [word for word in words if not word.startswith("postfix")]
    for workload in workloads(wanted or ["mixed", "10k", "100k"]):
        for name in peers:
            if name in known:
                print(json.dumps(measure(name, workload)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
