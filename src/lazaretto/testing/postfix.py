"""A Postfix of Debian's that runs from a folder of its own, on loopback; its master wants root.

What it does with mail is the caller's: ``settings`` are lines of ``main.cf`` behind those that give it
its folder and keep it from the network.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Final

from lazaretto.testing.ports import await_port, free_port

DAEMONS: Final = Path("/usr/lib/postfix/sbin")
_STOP_PATIENCE: Final = 60.0
_MAIN: Final = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks =
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_peername_lookup = no
disable_dns_lookups = yes
mailbox_size_limit = 0
"""
_MASTER: Final = """\
127.0.0.1:{port} inet n - n - 100 smtpd
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
virtual unix - n n - - virtual
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


def is_there() -> bool:
    """Tell whether Postfix can be started here."""
    return os.geteuid() == 0 and (DAEMONS / "master").exists()


class Postfix:
    """One that runs; all it has is below ``folder``."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process

    @classmethod
    def start(cls, folder: Path, settings: str) -> Postfix:
        """Start one with ``settings`` in ``folder``, which its unprivileged daemons must be able to enter."""
        owner, port = pwd.getpwnam("postfix"), free_port()
        for name in ("etc", "queue", "data", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
        main = _MAIN.format(folder=folder, daemons=DAEMONS) + settings
        (folder / "etc" / "main.cf").write_text(main)
        (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port))
        # It makes the folders of the queue; what it says about shared files is not for us.
        check = ["/usr/sbin/postfix", "-c", str(folder / "etc"), "check"]
        subprocess.run(check, check=False, capture_output=True)  # noqa: S603 - our own command
        master = [str(DAEMONS / "master"), "-c", str(folder / "etc"), "-d"]
        process = subprocess.Popen(master)  # noqa: S603 - our own command
        try:
            await_port(port)
        except BaseException:
            process.kill()
            raise
        return cls(folder, port, process)

    def is_empty(self) -> bool:
        """Tell whether no message waits in its queue."""
        places = ("incoming", "active", "maildrop", "deferred")
        queue = self.folder / "queue"
        return not any(path.is_file() for place in places for path in (queue / place).rglob("*"))

    def flush(self) -> None:
        """Let it try everything in its queue now."""
        # By itself it may pass over a message for long that it was just done with when it looked.
        command = ["/usr/sbin/postqueue", "-c", str(self.folder / "etc"), "-f"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
