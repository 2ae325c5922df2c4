"""What was not ordered is not there."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Finding, Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, with_grant
from tests.portal.mail import Letter, PostOffice

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("options", "there"), [("[advanced-threats]", True), ("[data-protection]", False)])
def test_detailed_events_of_malware_are_an_option(store: StoreSettings, options: str, there: bool) -> None:
    """That malware was found belongs to the base service; in a message's story it stands, without details."""
    from lazaretto.store.mailpath import mail_path

    name = f"opt-{uuid4().hex[:8]}"
    path = mail_path()
    path.wait(
        path.tenants.apply(DOCUMENT.format(name=name) + f"contract: {{options: {options}}}\n", by="test")
    )
    somebody = with_grant(name, "tenant-administrator")
    (identity,) = PostOffice(store).post(
        Letter(
            tenant=name,
            recipients=(f"ann@{name}.example",),
            verdict=Verdict.MALWARE,
            disposition=Disposition.QUARANTINE,
            findings=(Finding("EICAR_TEST_FILE", 10.0, "1.2", Verdict.MALWARE),),
        )
    )

    told = somebody.get(f"/tenants/{name}/events").text
    story = somebody.get(f"/tenants/{name}/messages/{identity}").json
    events = {each["event"]: each for each in story["events"]}

    assert ("convicted" in told) is there
    assert ("convicted" in somebody.get(f"/tenants/{name}/events?kind=convicted").text) is there
    assert ("HELOString" in told) is there
    assert ("HELOString" in events["convicted"]) is there
    assert events["convicted"]["lazaretto"]["remediation"] == "quarantined"
    assert ("HELOString" in somebody.get(f"/tenants/{name}/messages").text) is there
