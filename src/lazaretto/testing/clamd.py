"""A real ``clamd`` for tests, with a base of one signature, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

PATIENCE: Final = 90.0
SIGNATURE_NAME: Final = "Lazaretto.Test.Token"
TOKEN: Final = b"a token that only the test base of ClamAV knows"


class ClamdServer:
    """Started with the ``with`` statement, stopped at its end; can be stopped and started between."""

    def __init__(self, folder: Path, largest: str = "2M") -> None:
        """``largest`` is the largest message that it takes, as its settings write sizes."""
        self._largest = largest
        self.path = str(folder / "clamd.sock")
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ClamdServer:
        self._prepare()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it; returns when it answers."""
        program = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise FileNotFoundError("clamd: scripts/debian-parts installs it")
        command = [program, "--foreground", "--config-file", str(self._folder / "clamd.conf")]
        with (self._folder / "clamd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own words
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "clamd.log").read_text(errors="replace")[-2_000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
            Path(self.path).unlink(missing_ok=True)

    def _prepare(self) -> None:
        base = self._folder / "base"
        base.mkdir()
        (base / "test.ndb").write_text(f"{SIGNATURE_NAME}:0:*:{TOKEN.hex()}\n")
        (self._folder / "clamd.conf").write_text(
            f"DatabaseDirectory {base}\nLocalSocket {self.path}\nForeground yes\nTemporaryDirectory"
            f" {self._folder}\nAlertExceedsMax yes\nStreamMaxLength {self._largest}"
            f"\nMaxScanSize {self._largest}\nMaxFileSize {self._largest}\n"
            "MaxThreads 2\nConcurrentDatabaseReload no\n"
        )

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(self.path)
                connection.sendall(b"zPING\0")
                return connection.recv(16) == b"PONG\0"
            except OSError:
                return False
