"""Bundles on their way from a folder or an HTTPS address into force on every machine."""

from __future__ import annotations

import http.client
import os
import ssl
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.db.pool import Pool
from lazaretto.detect import knowledge
from lazaretto.detect.origins import Origins
from lazaretto.detect.registry import detectors
from lazaretto.detect.settings import DetectSettings
from lazaretto.intelligence.bundle import ENDINGS, MAX_OCTETS, Bundle, BundleRefused, built, read
from lazaretto.intelligence.bundle_folder import write_files
from lazaretto.intelligence.bundle_store import BundleStore, NodeBundle
from lazaretto.run.consulting import consult
from lazaretto.run.generations import LOAD_PATIENCE
from lazaretto.run.home import Home
from lazaretto.run.running import is_running

T = TypeVar("T")
FETCH_SECONDS: Final = 60.0
IN_FORCE_PATIENCE: Final = LOAD_PATIENCE + 30.0
"""Seconds; a machine that cannot load a bundle says so before, and its word is what is waited for."""
_LOOK_EVERY: Final = 0.1


def with_bundles(home: Home, ask: Callable[[BundleStore], Coroutine[Any, Any, T]]) -> T:
    """Return what ``ask`` makes of the platform's bundles."""

    async def asked(pool: Pool) -> T:
        return await ask(BundleStore(pool))

    return consult(home, "control", asked)


def build(folder: Path, version: int, name: str, made_at: datetime) -> Bundle:
    """Return an unsigned bundle of the files below ``folder``; raises ``BundleRefused`` for a wrong one."""
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder} is not a folder; `lazaretto bundle export` makes one to begin with"
        )
    files: dict[str, bytes] = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_symlink():
            raise BundleRefused(f"{path} is a link; a bundle holds plain files only")
        if file.is_file() and not any(step.startswith(".") for step in path.split("/")):
            files[path] = file.read_bytes()
    known = {path.rpartition("/")[0] for path, _ in knowledge.shipped_files()}
    known |= {path for path, _ in knowledge.shipped_files()}
    for path in files:
        if path not in known and path.rpartition("/")[0] not in known - {""} and path.endswith(ENDINGS):
            raise BundleRefused(
                f"{path} is nothing that a detector reads; `lazaretto bundle export` shows what is read"
            )
    return built(files, version=version, name=name, made_at=made_at)


def export_built_in(folder: Path) -> int:
    """Write what the program ships below ``folder``, which must not exist; return the number of files."""
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already; choose another name")
    files = {path: file.read_bytes() for path, file in knowledge.shipped_files()}
    write_files(folder, files)
    return len(files)


def load(place: str, authorities: str = "") -> Bundle:
    """Return the bundle in a file or at an HTTPS address; raises ``BundleRefused`` for what is none."""
    if "://" in place:
        return read(fetched(place, authorities))
    try:
        with Path(place).open("rb") as file:
            return read(file.read(MAX_OCTETS + 1))
    except OSError as failure:
        raise ConfigurationError(f"cannot read {place}: {failure.strerror}") from failure


def fetched(address: str, authorities: str = "") -> bytes:
    """Return what lies at an HTTPS address; no redirect is followed and no more is read than a bundle has."""
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname:
        raise ConfigurationError(f"{address} is not an address that begins with https://")
    context = ssl.create_default_context(cafile=authorities or None)
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port or 443, timeout=FETCH_SECONDS, context=context
    )
    deadline = time.monotonic() + FETCH_SECONDS
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        answer = connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise TemporaryFailure(f"{parts.hostname} answers {answer.status} {answer.reason}")
        return _bounded(answer, deadline)
    except (OSError, http.client.HTTPException) as failure:
        raise TemporaryFailure(f"cannot fetch {address}: {failure}") from failure
    finally:
        connection.close()


def _bounded(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    pieces = bytearray()
    while piece := answer.read1(1 << 16):
        pieces += piece
        if len(pieces) > MAX_OCTETS:
            raise BundleRefused(f"the bundle is larger than {MAX_OCTETS >> 20} MiB")
        if time.monotonic() > deadline:
            raise TemporaryFailure(f"it takes longer than {FETCH_SECONDS:.0f} seconds to fetch it")
    return bytes(pieces)


def try_out(bundle: Bundle, temporary: Path, settings: DetectSettings) -> None:
    """Load a verified ``bundle`` in a process of its own; raises ``BundleRefused`` when it cannot be."""
    folder = temporary / "bundle"
    write_files(folder, bundle.unpacked())
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _load_and_tell(folder, settings, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        problem = told.read(2_000).decode("utf-8", "replace")
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise BundleRefused(f"the bundle cannot be used by this program: {problem or 'loading it crashes'}")


def _load_and_tell(folder: Path, settings: DetectSettings, writer: int) -> None:
    # A fork must never come back into the parent's code, whatever happens below.
    code = 1
    try:
        knowledge.use(folder)
        detectors(settings)
        Origins.configured(settings)
        code = 0
    except Exception as failure:
        # Whatever a rule's author got wrong is what we want to hear.
        os.write(writer, f"{type(failure).__name__}: {failure}"[:2_000].encode("utf-8", "replace"))
    finally:
        os._exit(code)


def wait_until_in_force(home: Home, installation: int) -> list[NodeBundle]:
    """Wait until every machine works with an installation; return those that still do not, or cannot."""
    if is_running(home) is None:
        return []
    deadline = time.monotonic() + IN_FORCE_PATIENCE
    while True:
        nodes = with_bundles(home, lambda store: store.nodes())
        late = [each for each in nodes if each.installation < installation or each.problem]
        if not late or all(each.problem and each.installation == installation for each in late):
            return late
        if time.monotonic() > deadline:
            return late
        time.sleep(_LOOK_EVERY)
