"""SAML 2.0 web browser sign-on (saml-profiles §4.1) as service provider, begun by us.

The classic attacks move a signature away from what is read.  Here nothing is believed but the element
whose signature held with the one certificate that was made known, parsed anew from the very octets that
were signed.  Answers that nobody asked for are not taken.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import zlib
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from lazaretto.store.people.models import Provider
from lazaretto.store.people.oidc import NotProven

LONGEST_ANSWER: Final = 200_000
_LEEWAY: Final = timedelta(minutes=2)
_P: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_A: Final = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
_BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_ADDRESSES: Final = (
    "email",
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)
_EXPECTED: Final = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=frozenset(
        {
            SignatureMethod.RSA_SHA256,
            SignatureMethod.RSA_SHA384,
            SignatureMethod.RSA_SHA512,
            SignatureMethod.ECDSA_SHA256,
            SignatureMethod.ECDSA_SHA384,
            SignatureMethod.ECDSA_SHA512,
        }
    ),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
)


def begin(provider: Provider, own_name: str, answer_to: str, now: datetime | None = None) -> tuple[str, str]:
    """Return where the browser is sent, and the request's id, which the answer has to name."""
    identity = f"_{secrets.token_hex(20)}"
    at = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = str(provider.settings["sign_in_address"])
    request = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0"'
        f' ID="{identity}" IssueInstant="{at}" Destination={quoteattr(where)}'
        f" AssertionConsumerServiceURL={quoteattr(answer_to)}"
        ' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">'
        f"<saml:Issuer>{_escaped(own_name)}</saml:Issuer></samlp:AuthnRequest>"
    )
    # saml-bindings §3.4.4.1: raw DEFLATE, without the head and the sum that zlib adds.
    deflated = zlib.compress(request.encode())[2:-4]
    query = urlencode({"SAMLRequest": base64.b64encode(deflated).decode()})
    return f"{where}{'&' if '?' in where else '?'}{query}", identity


def finish(
    provider: Provider, answer: str, *, own_name: str, answer_to: str, now: datetime | None = None
) -> tuple[str, str]:
    """Return the address that the provider proves, and the id of the request that it answers.

    Raises ``NotProven``.
    """
    response = _parsed(answer)
    status = response.find(f"{_P}Status/{_P}StatusCode")
    if status is None or status.get("Value") != _SUCCESS:
        raise NotProven("the provider says that it did not succeed")
    if response.get("Destination", answer_to) != answer_to:
        raise NotProven("the answer is meant for another place")
    assertion = _signed_assertion(response, str(provider.settings["certificate"]))
    if _text(assertion.find(f"{_A}Issuer")) != provider.settings["entity_id"]:
        raise NotProven("the assertion is another provider's")
    now = now or datetime.now(UTC)
    _check_conditions(assertion, own_name, now)
    request = _check_bearer(assertion, answer_to, now)
    if response.get("InResponseTo", request) != request:
        raise NotProven("answer and assertion belong to different requests")
    return _address_in(assertion, provider), request


def metadata(own_name: str, answer_to: str) -> str:
    """Return what a provider has to know of us."""
    return (
        '<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"'
        f" entityID={quoteattr(own_name)}>"
        '<SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true"'
        ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        "<NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>"
        '<AssertionConsumerService index="0" isDefault="true"'
        f' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location={quoteattr(answer_to)}/>'
        "</SPSSODescriptor></EntityDescriptor>"
    )


def _parsed(answer: str) -> etree._Element:
    if len(answer) > LONGEST_ANSWER:
        raise NotProven("the answer is too long")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(base64.b64decode(answer, validate=False), parser)
    except (binascii.Error, ValueError, etree.XMLSyntaxError) as failure:
        raise NotProven("the answer cannot be read") from failure
    if root.getroottree().docinfo.doctype or root.tag != f"{_P}Response":
        raise NotProven("the answer is no response")
    return root


def _signed_assertion(response: etree._Element, certificate: str) -> etree._Element:
    """Return the only assertion, as it was signed: by itself, or with the whole response."""
    assertions = response.findall(f"{_A}Assertion")
    if len(assertions) != 1 or len(list(response.iter(f"{_A}Assertion"))) != 1:
        raise NotProven("there has to be one assertion, not encrypted")
    has_own = assertions[0].find(_SIGNATURE) is not None
    signed = _verified(assertions[0] if has_own else response, certificate)
    assertion = signed if signed.tag == f"{_A}Assertion" else signed.find(f"{_A}Assertion")
    if assertion is None:
        raise NotProven("something else was signed than the assertion")
    if any(True for _comment in assertion.iter(etree.Comment, etree.ProcessingInstruction)):
        raise NotProven("there are comments in the assertion, which could cut what is read")
    return assertion


def _verified(element: etree._Element, certificate: str) -> etree._Element:
    try:
        result = XMLVerifier().verify(element, x509_cert=certificate, expect_config=_EXPECTED)
    except (SignXMLException, ValueError, KeyError, LookupError) as failure:
        raise NotProven(f"the signature does not hold: {failure}") from failure
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or signed.tag != element.tag or signed.get("ID") != element.get("ID"):
        raise NotProven("something else was signed than what was looked at")
    return signed


def _check_conditions(assertion: etree._Element, own_name: str, now: datetime) -> None:
    conditions = assertion.find(f"{_A}Conditions")
    if conditions is None or not _is_within(conditions, now):
        raise NotProven("the assertion is over, or not yet good")
    audiences = [_text(each) for each in conditions.iterfind(f"{_A}AudienceRestriction/{_A}Audience")]
    if own_name not in audiences:
        raise NotProven("the assertion is meant for somebody else")
    if assertion.find(f"{_A}AuthnStatement") is None:
        raise NotProven("the assertion says of nobody that they signed in")


def _check_bearer(assertion: etree._Element, answer_to: str, now: datetime) -> str:
    """Return which request a confirmation that holds answers (saml-profiles §4.1.4.3)."""
    for each in assertion.iterfind(f"{_A}Subject/{_A}SubjectConfirmation"):
        told = each.find(f"{_A}SubjectConfirmationData")
        if each.get("Method") != _BEARER or told is None or told.get("NotBefore"):
            continue
        request = told.get("InResponseTo")
        if (
            told.get("Recipient") == answer_to
            and told.get("NotOnOrAfter")
            and request
            and _is_within(told, now)
        ):
            return str(request)
    raise NotProven("nobody confirms who brings the assertion")


def _is_within(element: etree._Element, now: datetime) -> bool:
    begins, ends = element.get("NotBefore"), element.get("NotOnOrAfter")
    try:
        is_early = begins is not None and now + _LEEWAY < _moment(begins)
        is_late = ends is not None and now - _LEEWAY >= _moment(ends)
    except ValueError:
        return False
    return not is_early and not is_late


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _address_in(assertion: etree._Element, provider: Provider) -> str:
    wanted = provider.settings.get("address_attribute")
    names = (wanted,) if wanted else _ADDRESSES
    found = [
        _text(value)
        for attribute in assertion.iterfind(f"{_A}AttributeStatement/{_A}Attribute")
        if attribute.get("Name") in names
        for value in attribute.iterfind(f"{_A}AttributeValue")
    ]
    if not found and not wanted:
        found = [_text(assertion.find(f"{_A}Subject/{_A}NameID"))]
    address = found[0].strip().lower() if len(found) == 1 else ""
    if address.rpartition("@")[2] != provider.domain or address.count("@") != 1:
        raise NotProven(f"the provider speaks for {provider.domain} alone, not for {address!r}")
    return address


def _text(element: etree._Element | None) -> str:
    return "" if element is None else "".join(str(each) for each in element.itertext()).strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
