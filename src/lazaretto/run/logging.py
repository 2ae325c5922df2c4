"""Structured logs: one JSON object per line, an event name and its fields, never prose.

Addresses and subjects are logged at DEBUG only; the trace is where people look for those.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger


def log_to(stream: TextIO, *, role: str, debug: bool = False) -> None:
    """Send this process's log to ``stream``; ``role`` is in every line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _names(role),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    _take_in_standard_logs(stream, shared, debug=debug)


def log_to_stderr(role: str) -> None:
    """Send this process's log to standard error."""
    log_to(sys.stderr, role=role)


def _take_in_standard_logs(stream: TextIO, shared: list[Processor], *, debug: bool) -> None:
    """Give lines of the standard module, ours and libraries', the same form, with their ``extra`` fields."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("lazaretto").setLevel(logging.DEBUG if debug else logging.INFO)
    logging.captureWarnings(True)


def _names(role: str) -> Processor:
    # Not a context variable: threads begin with an empty context, and their lines need it as well.
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event.setdefault("role", role)
        return event

    return add
