"""The words of what is wrong with looking, in the languages of operators; each says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lazaretto.intelligence.machine_troubles import ToldTrouble
from lazaretto.run.troubles import Kind, Trouble

SUBJECTS: Final[Mapping[str, str]] = {
    "en": "Rules or detectors of {node} need attention",
    "fr": "Des règles ou des détecteurs de {node} demandent votre attention",
    "nl": "Regels of detectoren van {node} vragen uw aandacht",
    "de": "Regeln oder Detektoren von {node} brauchen Aufmerksamkeit",
}
BODIES: Final[Mapping[str, str]] = {
    "en": "This was seen on {node} while mail was looked at:\n\n{list}\n\n"
    "Mail that could not be looked at completely counts as unscannable, never as clean.\n"
    "`lazaretto doctor` shows what is wrong now, log/scan.log says more.\n",
    "fr": "Voici ce qui a été constaté sur {node} pendant l'examen du courrier :\n\n{list}\n\n"
    "Le courrier qui n'a pas pu être examiné entièrement est réputé non analysable, jamais sain.\n"
    "`lazaretto doctor` montre la situation actuelle, log/scan.log en dit plus.\n",
    "nl": "Dit is op {node} vastgesteld bij het onderzoeken van e-mail:\n\n{list}\n\n"
    "E-mail die niet volledig kon worden onderzocht, geldt als niet te onderzoeken, nooit als schoon.\n"
    "`lazaretto doctor` toont wat er nu mis is, log/scan.log zegt meer.\n",
    "de": "Dies wurde auf {node} bemerkt, während Mail untersucht wurde:\n\n{list}\n\n"
    "Mail, die nicht vollständig untersucht werden konnte, gilt als nicht prüfbar, nie als sauber.\n"
    "`lazaretto doctor` zeigt, was jetzt nicht stimmt, log/scan.log sagt mehr.\n",
}
_LINES: Final[Mapping[str, Mapping[Kind, str]]] = {
    "en": {
        Kind.LEFT_OUT: "the YARA rule {about} is left out ({problem}): mend or remove it, then restart the"
        " scanning station",
        Kind.APART: "the YARA rule {about} was too slow for a file and is tried by itself: make it quicker or"
        " remove it",
        Kind.DETECTOR: "the detector {about} failed {count} times ({problem}): please report it",
        Kind.DIED: "{count} scan workers died within an hour: please report it",
        Kind.STUCK: "{count} scan workers had a message for too long and were ended within an hour: see which"
        " messages are unscannable",
        Kind.BUNDLE: "the bundle of rules ({about}) was refused, the rules before stay in force ({problem}):"
        " see `lazaretto bundle status`, and ask those who make your bundles",
    },
    "fr": {
        Kind.LEFT_OUT: "la règle YARA {about} est ignorée ({problem}) : corrigez-la ou retirez-la, puis"
        " redémarrez le poste d'examen",
        Kind.APART: "la règle YARA {about} a été trop lente pour un fichier et est essayée à part : rendez-la"
        " plus rapide ou retirez-la",
        Kind.DETECTOR: "le détecteur {about} a échoué {count} fois ({problem}) : veuillez le signaler",
        Kind.DIED: "{count} processus d'examen sont morts en une heure : veuillez le signaler",
        Kind.STUCK: "{count} processus d'examen ont gardé un message trop longtemps et ont été arrêtés en une"
        " heure : voyez quels messages sont non analysables",
        Kind.BUNDLE: "le lot de règles ({about}) a été refusé, les règles précédentes restent en vigueur"
        " ({problem}) : voyez `lazaretto bundle status` et demandez à ceux qui font vos lots",
    },
    "nl": {
        Kind.LEFT_OUT: "de YARA-regel {about} wordt weggelaten ({problem}): herstel of verwijder de regel en"
        " herstart het onderzoeksstation",
        Kind.APART: "de YARA-regel {about} was te traag voor een bestand en wordt apart geprobeerd: maak de"
        " regel sneller of verwijder deze",
        Kind.DETECTOR: "de detector {about} is {count} keer mislukt ({problem}): meld dit alstublieft",
        Kind.DIED: "{count} onderzoeksprocessen zijn binnen een uur gestorven: meld dit alstublieft",
        Kind.STUCK: "{count} onderzoeksprocessen hadden te lang een bericht en zijn binnen een uur beëindigd:"
        " kijk welke berichten niet te onderzoeken zijn",
        Kind.BUNDLE: "het regelpakket ({about}) is geweigerd, de vorige regels blijven van kracht"
        " ({problem}): zie `lazaretto bundle status` en vraag het aan wie uw pakketten maakt",
    },
    "de": {
        Kind.LEFT_OUT: "die YARA-Regel {about} ist ausgelassen ({problem}): verbessern oder entfernen Sie sie"
        " und starten Sie die Untersuchung neu",
        Kind.APART: "die YARA-Regel {about} war für eine Datei zu langsam und wird für sich versucht: machen"
        " Sie sie schneller oder entfernen Sie sie",
        Kind.DETECTOR: "der Detektor {about} ist {count}-mal gescheitert ({problem}): bitte melden Sie das",
        Kind.DIED: "{count} Untersuchungsprozesse sind binnen einer Stunde gestorben: bitte melden Sie das",
        Kind.STUCK: "{count} Untersuchungsprozesse hatten zu lange eine Nachricht und wurden binnen einer"
        " Stunde beendet: sehen Sie nach, welche Nachrichten nicht prüfbar sind",
        Kind.BUNDLE: "das Regelpaket ({about}) wurde abgelehnt, die vorigen Regeln bleiben in Kraft"
        " ({problem}): siehe `lazaretto bundle status`, und fragen Sie, wer Ihre Pakete macht",
    },
}


def in_words(trouble: Trouble, language: str) -> str:
    """Return one line about ``trouble``; in English where the language is not known."""
    line = _LINES.get(language, _LINES["en"])[trouble.kind]
    return line.format(about=trouble.about, problem=trouble.problem, count=trouble.count)


def in_all_languages(trouble: Trouble) -> ToldTrouble:
    """Return ``trouble`` as every machine of the platform may read it."""
    return ToldTrouble(
        kind=trouble.kind.value,
        about=trouble.about,
        count=trouble.count,
        first=trouble.first,
        last=trouble.last,
        words={language: in_words(trouble, language) for language in _LINES},
    )
