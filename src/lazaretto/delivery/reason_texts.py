"""Reasons in words, for whoever wrote a message: what is the matter, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lazaretto.delivery.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReasonText:
    """One reason in one language."""

    what: str
    advice: str


_ENGLISH: Final = {
    Reason.UNKNOWN_ADDRESS: ReasonText(
        "The receiving organisation does not know this address.",
        "Please check its spelling, or ask the recipient for the right address.",
    ),
    Reason.UNKNOWN_DOMAIN: ReasonText(
        "The part behind the @ does not exist or takes no mail.",
        "Please check the spelling of the address.",
    ),
    Reason.MAILBOX_CLOSED: ReasonText(
        "The mailbox takes no mail at the moment, or not any more.",
        "Please ask the recipient in another way.",
    ),
    Reason.MAILBOX_FULL: ReasonText(
        "The recipient's mailbox is full.",
        "Please tell the recipient in another way, and send the message again later.",
    ),
    Reason.TOO_BIG: ReasonText(
        "The message is larger than the receiving system takes.",
        "Please make it smaller, or give the files to the recipient in another way.",
    ),
    Reason.UNREACHABLE: ReasonText(
        "The receiving mail system cannot be reached.",
        "This is usually over within hours, and you need not do anything.",
    ),
    Reason.LOOP: ReasonText(
        "The message went round in a circle between mail systems.",
        "Please tell the recipient's administrator: a forwarding is set wrongly.",
    ),
    Reason.EXPIRED: ReasonText(
        "It was tried for as long as we try, and the receiving system never took it.",
        "Please ask the recipient in another way, and send the message again when that works.",
    ),
    Reason.GIVEN_UP: ReasonText(
        "The operator of our mail system ended the tries.",
        "Please ask your help desk before you send the message again.",
    ),
    Reason.NOT_CONVERTIBLE: ReasonText(
        "The receiving system cannot take a message with these characters or in this form.",
        "Please send it again with plain letters in addresses and subject, the files attached.",
    ),
    Reason.NOT_ENCRYPTED: ReasonText(
        "Mail to this recipient must travel encrypted, and the receiving system did not make that possible.",
        "Nothing of the message was sent. Please tell your administrator.",
    ),
    Reason.AGAINST_RULES: ReasonText(
        "The receiving system refuses the message by its rules.",
        "Please ask the recipient in another way; his administrator can see why.",
    ),
    Reason.REFUSED: ReasonText(
        "The receiving system refused the message.",
        "Its answer below says more; please ask the recipient in another way.",
    ),
    Reason.NOT_NOW: ReasonText(
        "The receiving system asked us to come again later.",
        "This is usual, and you need not do anything.",
    ),
}
_FRENCH: Final = {
    Reason.UNKNOWN_ADDRESS: ReasonText(
        "L'organisation destinataire ne connaît pas cette adresse.",
        "Veuillez en vérifier l'orthographe ou demander la bonne adresse au destinataire.",
    ),
    Reason.UNKNOWN_DOMAIN: ReasonText(
        "La partie située après le @ n'existe pas ou ne reçoit pas de courrier.",
        "Veuillez vérifier l'orthographe de l'adresse.",
    ),
    Reason.MAILBOX_CLOSED: ReasonText(
        "La boîte ne reçoit pas de courrier pour le moment, ou n'en reçoit plus.",
        "Veuillez joindre le destinataire par un autre moyen.",
    ),
    Reason.MAILBOX_FULL: ReasonText(
        "La boîte du destinataire est pleine.",
        "Veuillez l'en avertir par un autre moyen et renvoyer le message plus tard.",
    ),
    Reason.TOO_BIG: ReasonText(
        "Le message dépasse la taille que le système destinataire accepte.",
        "Veuillez le réduire ou transmettre les fichiers par un autre moyen.",
    ),
    Reason.UNREACHABLE: ReasonText(
        "Le système de messagerie destinataire est injoignable.",
        "Cela ne dure en général que quelques heures ; vous n'avez rien à faire.",
    ),
    Reason.LOOP: ReasonText(
        "Le message a tourné en rond entre des systèmes de messagerie.",
        "Veuillez prévenir l'administrateur du destinataire : un renvoi est mal réglé.",
    ),
    Reason.EXPIRED: ReasonText(
        "Nous avons essayé aussi longtemps que prévu, sans que le système destinataire l'accepte.",
        "Veuillez joindre le destinataire par un autre moyen, puis renvoyer le message.",
    ),
    Reason.GIVEN_UP: ReasonText(
        "L'exploitant de notre système de messagerie a mis fin aux tentatives.",
        "Veuillez consulter votre assistance avant de renvoyer le message.",
    ),
    Reason.NOT_CONVERTIBLE: ReasonText(
        "Le système destinataire ne peut pas recevoir un message avec ces caractères ou sous cette forme.",
        "Veuillez le renvoyer avec des lettres simples dans les adresses et l'objet, fichiers joints.",
    ),
    Reason.NOT_ENCRYPTED: ReasonText(
        "Le courrier pour ce destinataire doit être chiffré, et le système destinataire ne l'a pas permis.",
        "Rien du message n'a été envoyé. Veuillez prévenir votre administrateur.",
    ),
    Reason.AGAINST_RULES: ReasonText(
        "Le système destinataire refuse le message en vertu de ses règles.",
        "Veuillez joindre le destinataire par un autre moyen ; son administrateur peut voir pourquoi.",
    ),
    Reason.REFUSED: ReasonText(
        "Le système destinataire a refusé le message.",
        "Sa réponse ci-dessous en dit plus ; veuillez joindre le destinataire par un autre moyen.",
    ),
    Reason.NOT_NOW: ReasonText(
        "Le système destinataire nous a demandé de revenir plus tard.",
        "C'est habituel ; vous n'avez rien à faire.",
    ),
}
_DUTCH: Final = {
    Reason.UNKNOWN_ADDRESS: ReasonText(
        "De ontvangende organisatie kent dit adres niet.",
        "Controleer de spelling of vraag de ontvanger naar het juiste adres.",
    ),
    Reason.UNKNOWN_DOMAIN: ReasonText(
        "Het deel achter de @ bestaat niet of ontvangt geen e-mail.",
        "Controleer de spelling van het adres.",
    ),
    Reason.MAILBOX_CLOSED: ReasonText(
        "De mailbox ontvangt op dit moment, of helemaal, geen e-mail meer.",
        "Neem op een andere manier contact op met de ontvanger.",
    ),
    Reason.MAILBOX_FULL: ReasonText(
        "De mailbox van de ontvanger is vol.",
        "Laat het de ontvanger op een andere manier weten en verstuur het bericht later opnieuw.",
    ),
    Reason.TOO_BIG: ReasonText(
        "Het bericht is groter dan het ontvangende systeem aanneemt.",
        "Maak het kleiner of bezorg de bestanden op een andere manier.",
    ),
    Reason.UNREACHABLE: ReasonText(
        "Het ontvangende mailsysteem is niet bereikbaar.",
        "Dit is meestal binnen enkele uren voorbij; u hoeft niets te doen.",
    ),
    Reason.LOOP: ReasonText(
        "Het bericht ging in een kring rond tussen mailsystemen.",
        "Laat het de beheerder van de ontvanger weten: een doorsturing is verkeerd ingesteld.",
    ),
    Reason.EXPIRED: ReasonText(
        "Wij hebben het zo lang geprobeerd als wij proberen, maar het ontvangende systeem nam het niet aan.",
        "Neem op een andere manier contact op en verstuur het bericht daarna opnieuw.",
    ),
    Reason.GIVEN_UP: ReasonText(
        "De beheerder van ons mailsysteem heeft de pogingen beëindigd.",
        "Vraag uw helpdesk om raad voordat u het bericht opnieuw verstuurt.",
    ),
    Reason.NOT_CONVERTIBLE: ReasonText(
        "Het ontvangende systeem kan geen bericht met deze tekens of in deze vorm aannemen.",
        "Verstuur het opnieuw met gewone letters in adressen en onderwerp, de bestanden als bijlage.",
    ),
    Reason.NOT_ENCRYPTED: ReasonText(
        "E-mail aan deze ontvanger moet versleuteld reizen, en het ontvangende systeem bood dat niet aan.",
        "Er is niets van het bericht verstuurd. Laat het uw beheerder weten.",
    ),
    Reason.AGAINST_RULES: ReasonText(
        "Het ontvangende systeem weigert het bericht op grond van zijn regels.",
        "Neem op een andere manier contact op met de ontvanger; diens beheerder kan zien waarom.",
    ),
    Reason.REFUSED: ReasonText(
        "Het ontvangende systeem heeft het bericht geweigerd.",
        "Zijn antwoord hieronder zegt meer; neem op een andere manier contact op met de ontvanger.",
    ),
    Reason.NOT_NOW: ReasonText(
        "Het ontvangende systeem vroeg ons later terug te komen.",
        "Dat is gebruikelijk; u hoeft niets te doen.",
    ),
}
_GERMAN: Final = {
    Reason.UNKNOWN_ADDRESS: ReasonText(
        "Die empfangende Organisation kennt diese Adresse nicht.",
        "Bitte prüfen Sie die Schreibweise, oder fragen Sie den Empfänger nach der richtigen Adresse.",
    ),
    Reason.UNKNOWN_DOMAIN: ReasonText(
        "Den Teil hinter dem @ gibt es nicht, oder er nimmt keine E-Mail an.",
        "Bitte prüfen Sie die Schreibweise der Adresse.",
    ),
    Reason.MAILBOX_CLOSED: ReasonText(
        "Das Postfach nimmt zurzeit oder überhaupt keine E-Mail mehr an.",
        "Bitte wenden Sie sich auf anderem Weg an den Empfänger.",
    ),
    Reason.MAILBOX_FULL: ReasonText(
        "Das Postfach des Empfängers ist voll.",
        "Bitte sagen Sie es ihm auf anderem Weg, und senden Sie die Nachricht später noch einmal.",
    ),
    Reason.TOO_BIG: ReasonText(
        "Die Nachricht ist größer, als das empfangende System annimmt.",
        "Bitte verkleinern Sie sie, oder übergeben Sie die Dateien auf anderem Weg.",
    ),
    Reason.UNREACHABLE: ReasonText(
        "Das empfangende Mailsystem ist nicht erreichbar.",
        "Das ist meist nach einigen Stunden vorbei; Sie brauchen nichts zu tun.",
    ),
    Reason.LOOP: ReasonText(
        "Die Nachricht lief zwischen Mailsystemen im Kreis.",
        "Bitte sagen Sie es der Administration des Empfängers: eine Weiterleitung ist falsch eingestellt.",
    ),
    Reason.EXPIRED: ReasonText(
        "Wir haben es so lange versucht wie vorgesehen; das empfangende System nahm sie nie an.",
        "Bitte wenden Sie sich auf anderem Weg an den Empfänger, und senden Sie die Nachricht dann erneut.",
    ),
    Reason.GIVEN_UP: ReasonText(
        "Der Betreiber unseres Mailsystems hat die Versuche beendet.",
        "Bitte fragen Sie Ihren Helpdesk, bevor Sie die Nachricht erneut senden.",
    ),
    Reason.NOT_CONVERTIBLE: ReasonText(
        "Das empfangende System kann eine Nachricht mit diesen Zeichen oder in dieser Form nicht annehmen.",
        "Bitte senden Sie sie erneut mit einfachen Buchstaben in Adressen und Betreff, Dateien als Anhang.",
    ),
    Reason.NOT_ENCRYPTED: ReasonText(
        "E-Mail an diesen Empfänger muss verschlüsselt reisen; das empfangende System bot das nicht an.",
        "Von der Nachricht wurde nichts gesendet. Bitte sagen Sie es Ihrer Administration.",
    ),
    Reason.AGAINST_RULES: ReasonText(
        "Das empfangende System lehnt die Nachricht nach seinen Regeln ab.",
        "Bitte wenden Sie sich auf anderem Weg an den Empfänger; seine Administration kann sehen, warum.",
    ),
    Reason.REFUSED: ReasonText(
        "Das empfangende System hat die Nachricht abgelehnt.",
        "Seine Antwort unten sagt mehr; bitte wenden Sie sich auf anderem Weg an den Empfänger.",
    ),
    Reason.NOT_NOW: ReasonText(
        "Das empfangende System bat uns, später wiederzukommen.",
        "Das ist üblich; Sie brauchen nichts zu tun.",
    ),
}
TEXTS: Final[Mapping[str, Mapping[Reason, ReasonText]]] = MappingProxyType(
    {"en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "de": _GERMAN}
)


def reason_in(language: str, reason: Reason) -> ReasonText:
    """Return ``reason`` in ``language``; in English for one that we do not know."""
    return TEXTS.get(language, _ENGLISH)[reason]
