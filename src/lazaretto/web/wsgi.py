"""What the web server calls, in each of its worker processes."""

import ctypes
import signal

from django.core.wsgi import get_wsgi_application

from lazaretto.store.opening import set_up

_PR_SET_PDEATHSIG = 1
# A worker whose server was killed would keep the port and answer with what is old.
ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
set_up()
application = get_wsgi_application()
