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
FAILURE_SUBJECTS: Final[Mapping[str, str]] = {
    "en": "A rule could not be tried on a message",
    "fr": "Une règle n'a pas pu être appliquée à un message",
    "nl": "Een regel kon niet op een bericht worden toegepast",
    "de": "Eine Regel konnte auf eine Nachricht nicht angewandt werden",
}
"""Where a rule failed, whatever became of the message."""
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
        "rule-failure": "A detection rule took longer than it may and was ended: a message could"
        " not be looked at\n"
        "completely, counts as unscannable, and was {fate}, as `antimalware.unscannable` says.\n\n"
        "Rule and file: {rule}\nSender: {sender}\nRecipients: {recipients}\nTime: {time}\n"
        "Reference: {reference}\n\n`lazaretto explain {reference}` says more. Please ask your"
        " operator to mend or\n"
        "remove the rule. Further failures within the hour are in the trace and are not told again.\n",
    },
    "fr": {
        "administrator": "Une règle de votre organisation s'est appliquée à un message, qui a été"
        " {fate}.\n\n"
        "Règle : {rule}\nExpéditeur : {sender}\nDestinataires : {recipients}\nHeure : {time}\n"
        "Référence : {reference}\n\n`lazaretto explain {reference}` en donne la raison.\n",
        "recipient": "Un message à votre adresse a été {fate} selon une règle de votre organisation.\n\n"
        "Règle : {rule}\nExpéditeur : {sender}\nHeure : {time}\nRéférence : {reference}\n\n"
        "Si vous attendez ce message, adressez-vous à votre administrateur avec la référence.\n",
        "sender": "Votre message a été {fate} selon une règle de l'organisation concernée.\n\n"
        "Règle : {rule}\nDestinataires : {recipients}\nHeure : {time}\nRéférence : {reference}\n\n"
        "En cas d'urgence, veuillez joindre le destinataire par un autre moyen.\n",
        "rule-failure": "Une règle de détection a dépassé le temps permis et a été interrompue : un"
        " message n'a pas pu\n"
        "être examiné entièrement ; il est réputé non analysable et a été {fate}, selon"
        " `antimalware.unscannable`.\n\n"
        "Règle et fichier : {rule}\nExpéditeur : {sender}\nDestinataires : {recipients}\nHeure : {time}\n"
        "Référence : {reference}\n\n`lazaretto explain {reference}` en dit plus. Veuillez demander"
        " à votre opérateur\n"
        "de corriger ou de retirer la règle. Les autres échecs de la même heure figurent dans le"
        " suivi seulement.\n",
    },
    "nl": {
        "administrator": "Een regel van uw organisatie was van toepassing op een bericht, dat is"
        " {fate}.\n\n"
        "Regel: {rule}\nAfzender: {sender}\nOntvangers: {recipients}\nTijd: {time}\n"
        "Kenmerk: {reference}\n\n`lazaretto explain {reference}` zegt waarom.\n",
        "recipient": "Een bericht aan u is {fate} volgens een regel van uw organisatie.\n\n"
        "Regel: {rule}\nAfzender: {sender}\nTijd: {time}\nKenmerk: {reference}\n\n"
        "Verwacht u dit bericht, vraag het dan aan uw beheerder en geef het kenmerk op.\n",
        "sender": "Uw bericht is {fate} volgens een regel van de betrokken organisatie.\n\n"
        "Regel: {rule}\nOntvangers: {recipients}\nTijd: {time}\nKenmerk: {reference}\n\n"
        "Bereik de ontvanger bij spoed op een andere manier.\n",
        "rule-failure": "Een detectieregel duurde langer dan toegestaan en is afgebroken: een"
        " bericht kon niet volledig\n"
        "worden onderzocht, geldt als niet te onderzoeken en is {fate}, zoals"
        " `antimalware.unscannable` bepaalt.\n\n"
        "Regel en bestand: {rule}\nAfzender: {sender}\nOntvangers: {recipients}\nTijd: {time}\n"
        "Kenmerk: {reference}\n\n`lazaretto explain {reference}` zegt meer. Vraag uw beheerder van"
        " het platform de\n"
        "regel te herstellen of te verwijderen. Verdere fouten binnen het uur staan alleen in het spoor.\n",
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
        "rule-failure": "Eine Erkennungsregel brauchte länger, als sie darf, und wurde beendet:"
        " eine Nachricht konnte nicht\n"
        "vollständig untersucht werden, gilt als nicht prüfbar und wurde {fate}, wie"
        " `antimalware.unscannable` sagt.\n\n"
        "Regel und Datei: {rule}\nAbsender: {sender}\nEmpfänger: {recipients}\nZeit: {time}\n"
        "Kennzeichen: {reference}\n\n`lazaretto explain {reference}` sagt mehr. Bitten Sie Ihren"
        " Betreiber, die Regel\n"
        "zu verbessern oder zu entfernen. Weitere Fehler derselben Stunde stehen nur in der Spur.\n",
    },
}
