"""Structured logs: one JSON object per line, an event name and its fields, never prose.

Addresses and subjects are logged at DEBUG only; the trace is where people look for those.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


def log_to(stream: TextIO, *, role: str, debug: bool = False) -> None:
    """Send this process's log to ``stream``; ``role`` is in every line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    # Libraries log through the standard module; their warnings belong in the same stream.
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def log_to_stderr(role: str) -> None:
    """Send this process's log to standard error."""
    log_to(sys.stderr, role=role)
