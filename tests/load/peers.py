"""The same workloads through Debian's Postfix, alone and with rspamd as its milter.

    python -m tests.load.peers [postfix|postfix+rspamd …]

Both run from a configuration of their own in a temporary folder, on loopback, as root (Postfix's
master wants it).  A peer that is not installed is named and left out.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from tests.load.bench import Workload, figures, workloads
from tests.load.processes import Usage, usage_of
from tests.load.product import SinkProcess, await_port, free_port
from tests.load.sender import Ledger, send_all

POSTFIX = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = peer.example
mydestination =
mynetworks =
relay_domains = customer.example
relay_recipient_maps =
transport_maps = inline:{{ customer.example=smtp:[127.0.0.1]:{sink} }}
smtpd_relay_restrictions = permit_auth_destination, reject
message_size_limit = 1100000000
mailbox_size_limit = 0
alias_maps =
alias_database =
local_recipient_maps =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
default_process_limit = 100
smtp_destination_concurrency_limit = 20
default_destination_concurrency_limit = 20
disable_dns_lookups = yes
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
"""
MILTER = """\
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = tempfail
milter_protocol = 6
"""
MASTER = """\
{port} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - 50 smtp
relay unix - - n - 50 smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
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

    port: int
    roots: list[subprocess.Popen[bytes]]
    queue: Path

    def usage(self) -> Usage:
        """Return what all of its processes have used."""
        cpu: dict[str, float] = {}
        peak: dict[str, float] = {}
        for root in self.roots:
            usage = usage_of(root.pid)
            for role, seconds in usage.cpu.items():
                cpu[role] = cpu.get(role, 0.0) + seconds
            for role, memory in usage.peak.items():
                peak[role] = max(peak.get(role, 0.0), memory)
        return Usage(cpu, peak)

    def is_empty(self) -> bool:
        """Tell whether no message waits."""
        places = ("incoming", "active", "maildrop", "deferred")
        return not any(path.is_file() for place in places for path in (self.queue / place).rglob("*"))

    def stop(self) -> None:
        """End everything that was started here."""
        for root in self.roots:
            root.send_signal(signal.SIGTERM)
        for root in self.roots:
            try:
                root.wait(timeout=15)
            except subprocess.TimeoutExpired:
                root.kill()
                root.wait()


def available() -> list[str]:
    """Return the peers that can run here, and say which cannot."""
    found = []
    if os.geteuid() != 0 or shutil.which("postfix", path="/usr/sbin:/usr/bin") is None:
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
    port, milter = free_port(), free_port()
    roots = []
    if "rspamd" in name:
        roots.append(_start_rspamd(folder / "rspamd", milter))
        await_port(milter)
    roots.append(_start_postfix(folder, port, sink, milter if "rspamd" in name else 0))
    await_port(port)
    return Peer(port, roots, folder / "queue")


def _start_postfix(folder: Path, port: int, sink: int, milter: int) -> subprocess.Popen[bytes]:
    owner = pwd.getpwnam("postfix")
    for name in ("etc", "queue", "data", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    main = POSTFIX.format(folder=folder, sink=sink) + (MILTER.format(milter=milter) if milter else "")
    (folder / "etc" / "main.cf").write_text(main)
    (folder / "etc" / "master.cf").write_text(MASTER.format(port=f"127.0.0.1:{port}"))
    # It makes the queue's folders; its remarks about ownership of shared files are not for us.
    subprocess.run(["postfix", "-c", str(folder / "etc"), "check"], check=False, capture_output=True)
    return subprocess.Popen(["/usr/lib/postfix/sbin/master", "-c", str(folder / "etc"), "-d"])


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
            while not peer.is_empty() and time.monotonic() < accepted + DRAIN_PATIENCE:
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
