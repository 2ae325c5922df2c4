"""A real amavisd with a clamd behind it, on loopback, from a configuration of its own; for comparison.

It needs root and the Debian packages amavisd-new and clamav-daemon, and is left out where they are not.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import smtplib
import subprocess
import time
from pathlib import Path
from typing import Final

from lazaretto.testing.clamd import ClamdServer
from lazaretto.testing.ports import await_port, free_port
from tests.load.processes import usage_of
from tests.load.product import SinkProcess

USER: Final = "amavis"
TRIES: Final = 3
SETTINGS: Final = r"""
use strict;
$max_servers = 1; $max_requests = 10000;
$daemon_user = '{user}'; $daemon_group = '{user}';
$MYHOME = '{home}'; $TEMPBASE = "$MYHOME/tmp"; $ENV{{TMPDIR}} = $TEMPBASE;
$pid_file = "$MYHOME/amavisd.pid"; $lock_file = "$MYHOME/amavisd.lock"; $db_home = "$MYHOME/db";
$enable_db = 0; $enable_zmq = 0; $nanny_details_level = 0; $quarantine_subdir_levels = 0;
$QUARANTINEDIR = undef; $log_level = 0; $do_syslog = 0; $logfile = "$MYHOME/amavisd.log";
$myhostname = 'peer.example'; $mydomain = 'peer.example'; @local_domains_maps = ( 1 );
$inet_socket_port = {port}; $inet_socket_bind = '127.0.0.1'; @inet_acl = qw( 127.0.0.1 );
$forward_method = 'smtp:[127.0.0.1]:{sink}'; $notify_method = $forward_method;
@bypass_spam_checks_maps = ( 1 ); $final_virus_destiny = D_DISCARD; $final_banned_destiny = D_PASS;
$MAXLEVELS = 14; $MAXFILES = 3000; $MIN_EXPANSION_QUOTA = 100*1024; $MAX_EXPANSION_QUOTA = 500*1024*1024;
$file = 'file'; $path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/usr/bin:/bin';
@decoders = (
  ['mail', \&do_mime_decode], ['F', \&do_uncompress, undef], ['gz', \&do_gunzip],
  ['zip', \&do_unzip], ['tar', \&do_pax_cpio, ['pax', 'cpio']], ['tnef', \&do_tnef],
);
@av_scanners = ( ['ClamAV-clamd', \&ask_daemon, ["CONTSCAN {{}}\n", "{clamd}"],
  qr/\bOK$/m, qr/\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m ] );
1;
"""


class Amavis:
    """Started with the ``with`` statement, stopped at its end; raises ``FileNotFoundError`` without it."""

    def __init__(self, folder: Path, clamd: ClamdServer) -> None:
        self._home = folder / "amavis"
        self._clamd = clamd
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._sink: SinkProcess | None = None

    def __enter__(self) -> Amavis:
        program = shutil.which("amavisd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None or os.geteuid() != 0:
            raise FileNotFoundError("amavisd: needs root and the Debian package amavisd-new")
        self._sink = SinkProcess.start(self._prepared())
        # It refuses settings in a folder that it may write into.
        settings = self._home.parent / "amavisd.conf"
        settings.write_text(
            SETTINGS.format(
                user=USER, home=self._home, port=self._port, sink=self._sink.port, clamd=self._clamd.path
            )
        )
        with (self._home / "amavisd.out").open("wb") as out:
            command = [program, "-c", str(settings), "foreground"]
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        await_port(self._port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)
        if self._sink is not None:
            self._sink.stop()

    def cost(self, octets: bytes, rounds: int) -> float:
        """Return the seconds of processor time of amavisd and clamd for one message."""
        self._send(octets)
        before = self._used()
        for _ in range(rounds):
            self._send(octets)
        return (self._used() - before) / rounds

    def _prepared(self) -> Path:
        # Both daemons read what lies there; each runs as a user of its own.
        people = pwd.getpwnam(USER)
        for place in (self._home, self._home / "tmp", self._home / "db"):
            place.mkdir(mode=0o755, exist_ok=True)
            os.chown(place, people.pw_uid, people.pw_gid)
        self._home.parent.chmod(0o755)
        return self._home

    def _send(self, octets: bytes) -> None:
        for left in reversed(range(TRIES)):
            try:
                with smtplib.SMTP("127.0.0.1", self._port, timeout=300) as session:
                    session.sendmail("ann@sender.example", ["bob@customer.example"], octets)
                return
            except smtplib.SMTPServerDisconnected:
                # Its one child ends now and then, and whoever calls in that moment is cut off.
                if not left:
                    print((self._home / "amavisd.log").read_text()[-2_000:])
                    raise
                time.sleep(1)

    def _used(self) -> float:
        assert self._process is not None
        return sum(sum(usage_of(pid).cpu.values()) for pid in (self._process.pid, self._clamd.pid))
