"""The role ``scan``: the scanning station of this machine, one after the other for each bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import lazaretto
from lazaretto.detect import knowledge
from lazaretto.detect.registry import detectors
from lazaretto.detect.settings import DetectSettings
from lazaretto.intelligence.bundle_folder import BUILT_IN, BundleFolder
from lazaretto.pipeline.serving import Worker
from lazaretto.pipeline.station import Serve, Station
from lazaretto.run.children import tell_ready
from lazaretto.run.collecting import spare_what_stays
from lazaretto.run.generations import Generations, changed_at
from lazaretto.run.home import Home
from lazaretto.run.naming import host_name
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings
from lazaretto.run.troubles import Notebook


def make_serve(
    authserv_id: str, settings: DetectSettings, bundle: str = BUILT_IN, *, digests: bool = False
) -> Callable[[], Serve]:
    """Load every detector now, in the parent; return what makes a worker's ``serve`` after the fork.

    ``bundle`` is what verdicts call the knowledge that the detectors have.  With ``digests`` each
    judgement tells the signatures of its message.
    """
    # Not before: these read knowledge when they are imported.
    from lazaretto.detect.malware.contents import open_apart
    from lazaretto.detect.malware.unpacking.keeping import load_codecs
    from lazaretto.detect.origins import Origins
    from lazaretto.pipeline.looking import Inspector
    from lazaretto.pipeline.rehearsing import rehearse

    load_codecs()
    versions = {"rules": lazaretto.__version__, "bundle": bundle}
    inspector = Inspector(
        tuple(detectors(settings)),
        versions,
        authserv_id,
        origins=Origins.configured(settings),
        digests=digests,
    )

    def serve() -> Serve:
        # The keeper is forked before the first message, so that no parser knows of an earlier one.
        open_apart()
        # Not before the fork: threads that a look begins would be in the parent alone.
        rehearse(inspector)
        return Worker(inspector.look_and_judge).serve

    return serve


def run_scan(home: Home, settings: Settings, options: RunOptions) -> None:
    """Keep a station until told to stop."""
    authserv_id = host_name(settings)
    detect = settings.detect
    if not detect.signatures:
        detect = detect.model_copy(update={"signatures": str(home.signatures)})
    if not detect.yara_apart:
        detect = detect.model_copy(update={"yara_apart": str(home.slow_rules)})

    def be_station(folder: Path | None, label: str, ready: Callable[[], None]) -> None:
        knowledge.use(folder, live=home.bundles)
        notebook = Notebook(home.troubles, Path(detect.yara_apart))
        notebook.listen()
        serve = make_serve(authserv_id, detect, label)
        station = Station(home.sockets, settings.scan, serve, notebook.take)
        spare_what_stays()
        ready()
        station.run()

    slow = Path(detect.yara_apart)
    Generations(BundleFolder(home.bundles), be_station, tell_ready, lambda: changed_at(slow)).run()
