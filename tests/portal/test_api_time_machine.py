"""By API: trying changes on past mail, trials, why a message fared so, reports, indicators for all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from lazaretto.core.findings import Finding, Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, Program, with_grant
from tests.portal.mail import Letter, PostOffice

pytestmark = pytest.mark.integration


@pytest.fixture
def tenant(store: StoreSettings) -> Iterator[str]:
    from lazaretto.store.mailpath import mail_path

    name = f"tried-{uuid4().hex[:8]}"
    text = DOCUMENT.format(name=name) + "blocked_senders: [{entry: later.example, shadow: true}]\n"
    mail_path().wait(mail_path().tenants.apply(text, by="test"))
    yield name


def traced(post_office: PostOffice, tenant: str) -> UUID:
    """Return the id of a delivered message that is in the trace."""
    finding = Finding("SPF_FAIL", 3.0, "secret words", Verdict.SPAM)
    letter = Letter(tenant=tenant, recipients=(f"alice@{tenant}.example",), score=3.0, findings=(finding,))
    (message,) = post_office.post(letter)
    return message


def ended(who: Program, path: str) -> dict[str, object]:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        run: dict[str, object] = who.get(path).json
        if run["finished"]:
            return run
        time.sleep(0.2)
    raise AssertionError("the run did not end")


def test_a_change_is_tried_on_past_mail_with_its_progress(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")

    body = {"change": "antispam: {spam: quarantine, thresholds: {spam: 2.0}}", "days": 3}
    begun = ann.post(f"/tenants/{tenant}/backtests", body)
    run = ended(ann, f"/tenants/{tenant}/backtests/{begun.json['id']}")

    assert begun.status == 202
    assert (run["problem"], run["done"]) == ("", 3)
    assert ann.post(f"/tenants/{tenant}/backtests", body).json["id"] == begun.json["id"]
    assert "+" not in ann.get(f"/tenants/{tenant}/configuration").json["document"]


def test_a_wrong_change_is_told_at_once(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")

    answer = ann.post(f"/tenants/{tenant}/backtests", {"change": "antispam: {spam: nonsense}"})

    assert answer.status == 422 and answer.json["errors"]


def test_a_run_of_one_tenant_is_not_there_for_another(tenant: str, stranger: Program) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    run = ann.post(f"/tenants/{tenant}/backtests", {"change": "max_message_size: 60", "days": 1}).json

    assert stranger.get(f"/tenants/zeta/backtests/{run['id']}").status == 404


def test_what_is_on_trial_is_told_and_promoted(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")

    told = ann.get(f"/tenants/{tenant}/trials").json
    assert [(each["kind"], each["name"]) for each in told["tried"]] == [("blocked_senders", "later.example")]
    other = ann.post(f"/tenants/{tenant}/trials/promotion", {"kind": "rules", "name": "none such"})
    assert other.status == 422 and "blocked_senders: later.example" in other.json["detail"]
    promoted = ann.post(
        f"/tenants/{tenant}/trials/promotion", {"kind": "blocked_senders", "name": "later.example"}
    )

    assert promoted.status == 200
    assert ann.get(f"/tenants/{tenant}/trials").json["tried"] == []
    assert ann.post(f"/tenants/{tenant}/trials/promotion", {}).status == 422
    assert ann.get(f"/tenants/{tenant}/lists/usage").json[0]["entry"] == "later.example"


def test_the_operators_indicators_count_for_all_and_are_the_operators_alone(
    operator: Program, administrator: Program
) -> None:
    added = operator.post(
        "/indicators", {"indicators": [{"kind": "url", "value": f"bad.example/{uuid4().hex}"}]}
    )
    number = added.json["ids"][0]

    assert added.status == 201
    assert number in [each["id"] for each in operator.get("/indicators").json]
    assert operator.post(f"/indicators/{number}/renewal", {"days": 9}).status == 204
    assert administrator.get("/indicators").status == 403
    assert administrator.ask("DELETE", f"/tenants/acme/indicators/{number}").status == 404
    assert operator.ask("DELETE", f"/indicators/{number}").status == 204


def test_a_message_is_explained_in_words_without_what_it_says(post_office: PostOffice, tenant: str) -> None:
    message = traced(post_office, tenant)
    ann, helper = with_grant(tenant, "tenant-administrator"), with_grant(tenant, "help-desk")

    whole = ann.get(f"/tenants/{tenant}/messages/{message}/explanation?language=de").json[0]
    less = helper.get(f"/tenants/{tenant}/messages/{message}/explanation").json[0]

    assert whole["words"] and less["words"] and whole["words"] != less["words"]
    assert "secret words" in str(whole["details"])
    assert "secret words" not in str(less)
    assert ann.get(f"/tenants/{tenant}/messages/{uuid4()}/explanation").status == 404
    assert ann.get(f"/tenants/{tenant}/messages/{message}/explanation?language=xx").status == 422


def test_a_report_is_a_case_of_its_tenant(post_office: PostOffice, tenant: str, stranger: Program) -> None:
    message = traced(post_office, tenant)
    ann = with_grant(tenant, "tenant-administrator")

    made = ann.post(f"/tenants/{tenant}/reports", {"message": str(message), "is_spam": True})

    assert (made.status, made.json["state"], made.json["way"]) == (201, "open", "api")
    assert [each["id"] for each in ann.get(f"/tenants/{tenant}/reports").json] == [made.json["id"]]
    assert made.json["id"] not in [each["id"] for each in stranger.get("/tenants/zeta/reports").json]
    other = stranger.post("/tenants/zeta/reports", {"message": str(message), "is_spam": True})
    assert other.status == 404
