"""The role ``scan``: the scanning station of this machine."""

from __future__ import annotations

from collections.abc import Callable

import lazaretto
from lazaretto.detect.malware.contents import open_apart
from lazaretto.detect.malware.unpacking.keeping import load_codecs
from lazaretto.detect.registry import detectors
from lazaretto.detect.settings import DetectSettings
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.serving import Worker
from lazaretto.pipeline.station import Serve, Station
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings


def make_serve(authserv_id: str, settings: DetectSettings) -> Callable[[], Serve]:
    """Load every detector now, in the parent; return what makes a worker's ``serve`` after the fork."""
    load_codecs()
    inspector = Inspector(tuple(detectors(settings)), {"rules": lazaretto.__version__}, authserv_id)

    def serve() -> Serve:
        # The keeper is forked before the first message, so that no parser knows of an earlier one.
        open_apart()
        return Worker(inspector.look_and_judge).serve

    return serve


def run_scan(home: Home, settings: Settings, options: RunOptions) -> None:
    """Be the station until told to stop."""
    station = Station(home.sockets, settings.scan, make_serve(host_name(settings), settings.detect))
    spare_what_stays()
    tell_ready()
    station.run()
