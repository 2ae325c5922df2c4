"""The words of notices that rules order, in the languages of tenants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SUBJECTS: Final[Mapping[str, str]] = {
    "en": "A message was {fate}",
    "fr": "Un message a été {fate}",
    "nl": "Een bericht is {fate}",
    "de": "Eine Nachricht wurde {fate}",
}
FATES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "deliver": "delivered",
        "redirect": "redirected",
        "quarantine": "kept in quarantine",
        "delete": "deleted",
        "reject": "refused",
    },
    "fr": {
        "deliver": "remis",
        "redirect": "redirigé",
        "quarantine": "placé en quarantaine",
        "delete": "supprimé",
        "reject": "refusé",
    },
    "nl": {
        "deliver": "afgeleverd",
        "redirect": "doorgestuurd",
        "quarantine": "in quarantaine geplaatst",
        "delete": "verwijderd",
        "reject": "geweigerd",
    },
    "de": {
        "deliver": "zugestellt",
        "redirect": "umgeleitet",
        "quarantine": "in Quarantäne genommen",
        "delete": "gelöscht",
        "reject": "abgewiesen",
    },
}
BODIES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "administrator": "A rule of your organisation applied to a message, which was {fate}.\n\n"
        "Rule: {rule}\nSender: {sender}\nRecipients: {recipients}\nTime: {time}\nReference: {reference}\n\n"
        "`lazaretto explain {reference}` says why.\n",
        "recipient": "A message to you was {fate} by a rule of your organisation.\n\n"
        "Rule: {rule}\nSender: {sender}\nTime: {time}\nReference: {reference}\n\n"
        "If you expect this message, please ask your administrator and give the reference.\n",
        "sender": "Your message was {fate} by a rule of the organisation it concerns.\n\n"
        "Rule: {rule}\nRecipients: {recipients}\nTime: {time}\nReference: {reference}\n\n"
        "Please reach the recipient in another way if it is urgent.\n",
    },
    "fr": {
        "administrator": "Une règle de votre organisation s'est appliquée à un message, qui a été {fate}.\n\n"
        "Règle : {rule}\nExpéditeur : {sender}\nDestinataires : {recipients}\nHeure : {time}\n"
        "Référence : {reference}\n\n`lazaretto explain {reference}` en donne la raison.\n",
        "recipient": "Un message à votre adresse a été {fate} selon une règle de votre organisation.\n\n"
        "Règle : {rule}\nExpéditeur : {sender}\nHeure : {time}\nRéférence : {reference}\n\n"
        "Si vous attendez ce message, adressez-vous à votre administrateur avec la référence.\n",
        "sender": "Votre message a été {fate} selon une règle de l'organisation concernée.\n\n"
        "Règle : {rule}\nDestinataires : {recipients}\nHeure : {time}\nRéférence : {reference}\n\n"
        "En cas d'urgence, veuillez joindre le destinataire par un autre moyen.\n",
    },
    "nl": {
        "administrator": "Een regel van uw organisatie was van toepassing op een bericht, dat is {fate}.\n\n"
        "Regel: {rule}\nAfzender: {sender}\nOntvangers: {recipients}\nTijd: {time}\n"
        "Kenmerk: {reference}\n\n`lazaretto explain {reference}` zegt waarom.\n",
        "recipient": "Een bericht aan u is {fate} volgens een regel van uw organisatie.\n\n"
        "Regel: {rule}\nAfzender: {sender}\nTijd: {time}\nKenmerk: {reference}\n\n"
        "Verwacht u dit bericht, vraag het dan aan uw beheerder en geef het kenmerk op.\n",
        "sender": "Uw bericht is {fate} volgens een regel van de betrokken organisatie.\n\n"
        "Regel: {rule}\nOntvangers: {recipients}\nTijd: {time}\nKenmerk: {reference}\n\n"
        "Bereik de ontvanger bij spoed op een andere manier.\n",
    },
    "de": {
        "administrator": "Eine Regel Ihrer Organisation galt für eine Nachricht; sie wurde {fate}.\n\n"
        "Regel: {rule}\nAbsender: {sender}\nEmpfänger: {recipients}\nZeit: {time}\n"
        "Kennzeichen: {reference}\n\n`lazaretto explain {reference}` nennt den Grund.\n",
        "recipient": "Eine Nachricht an Sie wurde nach einer Regel Ihrer Organisation {fate}.\n\n"
        "Regel: {rule}\nAbsender: {sender}\nZeit: {time}\nKennzeichen: {reference}\n\n"
        "Wenn Sie die Nachricht erwarten, fragen Sie bitte Ihren Administrator nach dem Kennzeichen.\n",
        "sender": "Ihre Nachricht wurde nach einer Regel der betroffenen Organisation {fate}.\n\n"
        "Regel: {rule}\nEmpfänger: {recipients}\nZeit: {time}\nKennzeichen: {reference}\n\n"
        "Bitte erreichen Sie den Empfänger in eiligen Fällen auf anderem Weg.\n",
    },
}
