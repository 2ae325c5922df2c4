"""What the web server calls, in each of its worker processes."""

import ctypes
import signal
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from lazaretto.store.given import given
from lazaretto.store.opening import set_up

_PR_SET_PDEATHSIG = 1
# A worker whose server was killed would keep the port and answer with what is old.
ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
set_up()

# Of no use before Django is set up.
from lazaretto.web.shell.texts import load_texts  # noqa: E402

load_texts()
_django = get_wsgi_application()


def application(environment: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer one request; where pages are reached over HTTPS, whatever ends it in front of us."""
    if given().secure:
        environment["wsgi.url_scheme"] = "https"
    return _django(environment, start_response)
