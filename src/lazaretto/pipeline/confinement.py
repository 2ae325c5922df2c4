"""What a scan worker may not do: use more memory or CPU than its share, write files, reach a network.

A worker parses what strangers wrote to break it.  Limits that the kernel keeps are set before the
first octet is read; what this machine does not allow us to set is named by ``missing()``, which
``lazaretto doctor`` shows.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from lazaretto.pipeline.settings import PipelineSettings

_CLONE_NEWNET = 0x4000_0000
_CLONE_NEWUSER = 0x1000_0000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4
_MIB = 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)


def confine(settings: PipelineSettings, parent: int) -> None:
    """Confine this process for good; it ends when ``parent`` does."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died between fork and prctl: nobody would end us.
        os._exit(1)
    leave_the_network()
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    memory = settings.memory_limit * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def leave_the_network() -> bool:
    """Move this process into a network namespace without any interface; tell whether that worked."""
    if _libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def missing() -> list[str]:
    """Return what this machine does not let us confine, in words; tries it in a child of its own."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if leave_the_network() else 1)
    _, status = os.waitpid(pid, 0)
    return [] if os.waitstatus_to_exitcode(status) == 0 else ["scan workers keep the machine's network"]
