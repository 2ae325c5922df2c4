"""The words of the notice about a sender that sends too much, in the languages of tenants.

``{sender}`` and the like are filled in by ``edge.excess_notices``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lazaretto.core.excess import ExcessAction, SendingLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcessText:
    """The notice in one language."""

    subject: str
    body: str
    raise_the_limit: str
    """What to do where the limit is the tenant's own."""
    ask_the_operator: str
    """What to do where it is the platform's."""
    limits: Mapping[SendingLimit, str]
    actions: Mapping[ExcessAction, str]


_ENGLISH: Final = ExcessText(
    subject="A sender of your organisation sends an unusual amount of mail",
    body=(
        "A sender of your organisation went beyond a limit for outgoing mail.\n\n"
        "Sender: {sender}\nSending server: {client}\nLimit: {limit}\nTime: {time}\n\n"
        "{action}\n\n"
        "A stolen mailbox or a program that runs wild often shows in this way: please ask the sender.\n"
        "{advice} You are told once an hour.\n"
    ),
    raise_the_limit='If this mail is wanted, raise the limit in the settings under "outbound".',
    ask_the_operator="The limit is the platform's: if this mail is wanted, ask its operator to raise it.",
    limits={
        SendingLimit.EXTERNAL: "{allowed} recipients outside the organisation within an hour",
        SendingLimit.INTERNAL: "{allowed} recipients in the organisation within an hour",
        SendingLimit.DAY: "{allowed} recipients within a day",
        SendingLimit.SIMILAR: "{allowed} similar messages within an hour",
        SendingLimit.PLATFORM_SENDER: (
            "{allowed} recipients outside the organisation within an hour, for one sender"
        ),
        SendingLimit.PLATFORM_TENANT: (
            "{allowed} recipients outside the organisation within an hour, for all senders together"
        ),
    },
    actions={
        ExcessAction.LOG: "The mail goes on; nothing is kept back.",
        ExcessAction.DEFER: "Further mail is put off and waits at your sending server until there is less.",
        ExcessAction.HOLD: (
            "Further mail is kept back in the queue until you release or delete it there. What nobody\n"
            "decides about is given back to its sender in the end."
        ),
    },
)
_FRENCH: Final = ExcessText(
    subject="Un expéditeur de votre organisation envoie un volume inhabituel de messages",
    body=(
        "Un expéditeur de votre organisation a dépassé une limite d'envoi.\n\n"
        "Expéditeur : {sender}\nServeur d'envoi : {client}\nLimite : {limit}\nHeure : {time}\n\n"
        "{action}\n\n"
        "Une boîte aux lettres piratée ou un programme qui s'emballe se manifeste souvent ainsi : veuillez\n"
        "interroger l'expéditeur. {advice}\n"
        "Vous êtes avisé une fois par heure.\n"
    ),
    raise_the_limit="Si ces messages sont voulus, relevez la limite dans les réglages, sous « outbound ».",
    ask_the_operator=(
        "La limite est celle de la plate-forme :\n"
        "si ces messages sont voulus, demandez à l'exploitant de la relever."
    ),
    limits={
        SendingLimit.EXTERNAL: "{allowed} destinataires hors de l'organisation en une heure",
        SendingLimit.INTERNAL: "{allowed} destinataires dans l'organisation en une heure",
        SendingLimit.DAY: "{allowed} destinataires en un jour",
        SendingLimit.SIMILAR: "{allowed} messages semblables en une heure",
        SendingLimit.PLATFORM_SENDER: (
            "{allowed} destinataires hors de l'organisation en une heure, pour un expéditeur"
        ),
        SendingLimit.PLATFORM_TENANT: (
            "{allowed} destinataires hors de l'organisation en une heure, pour tous les expéditeurs ensemble"
        ),
    },
    actions={
        ExcessAction.LOG: "Les messages partent ; rien n'est retenu.",
        ExcessAction.DEFER: (
            "Les messages suivants sont différés et attendent sur votre serveur d'envoi que le volume baisse."
        ),
        ExcessAction.HOLD: (
            "Les messages suivants sont retenus dans la file d'attente jusqu'à ce que vous les libériez ou\n"
            "les supprimiez. Sans décision, ils sont finalement rendus à l'expéditeur."
        ),
    },
)
_DUTCH: Final = ExcessText(
    subject="Een afzender van uw organisatie verstuurt ongewoon veel berichten",
    body=(
        "Een afzender van uw organisatie heeft een limiet voor uitgaande berichten overschreden.\n\n"
        "Afzender: {sender}\nVerzendende server: {client}\nLimiet: {limit}\nTijdstip: {time}\n\n"
        "{action}\n\n"
        "Een gestolen mailbox of een programma dat op hol slaat is vaak zo te herkennen: vraag het de\n"
        "afzender. {advice}\n"
        "U krijgt één melding per uur.\n"
    ),
    raise_the_limit='Zijn deze berichten gewenst, verhoog dan de limiet in de instellingen onder "outbound".',
    ask_the_operator=(
        "De limiet is die van het platform:\n"
        "zijn deze berichten gewenst, vraag dan de beheerder om haar te verhogen."
    ),
    limits={
        SendingLimit.EXTERNAL: "{allowed} ontvangers buiten de organisatie binnen een uur",
        SendingLimit.INTERNAL: "{allowed} ontvangers in de organisatie binnen een uur",
        SendingLimit.DAY: "{allowed} ontvangers binnen een dag",
        SendingLimit.SIMILAR: "{allowed} gelijkende berichten binnen een uur",
        SendingLimit.PLATFORM_SENDER: (
            "{allowed} ontvangers buiten de organisatie binnen een uur, voor één afzender"
        ),
        SendingLimit.PLATFORM_TENANT: (
            "{allowed} ontvangers buiten de organisatie binnen een uur, voor alle afzenders samen"
        ),
    },
    actions={
        ExcessAction.LOG: "De berichten gaan verder; niets wordt vastgehouden.",
        ExcessAction.DEFER: (
            "Verdere berichten worden uitgesteld en wachten op uw verzendende server tot het er minder zijn."
        ),
        ExcessAction.HOLD: (
            "Verdere berichten worden in de wachtrij vastgehouden tot u ze vrijgeeft of verwijdert.\n"
            "Waarover niemand beslist, gaat ten slotte terug naar de afzender."
        ),
    },
)
_GERMAN: Final = ExcessText(
    subject="Ein Absender Ihrer Organisation versendet ungewöhnlich viele Nachrichten",
    body=(
        "Ein Absender Ihrer Organisation hat eine Grenze für ausgehende Nachrichten überschritten.\n\n"
        "Absender: {sender}\nSendender Server: {client}\nGrenze: {limit}\nZeit: {time}\n\n"
        "{action}\n\n"
        "Ein gestohlenes Postfach oder ein Programm, das außer Kontrolle ist, zeigt sich oft so: Bitte\n"
        "fragen Sie den Absender. {advice}\n"
        "Sie werden einmal je Stunde informiert.\n"
    ),
    raise_the_limit=(
        'Sind die Nachrichten gewollt, erhöhen Sie die Grenze in den Einstellungen\nunter "outbound".'
    ),
    ask_the_operator=(
        "Die Grenze ist die der Plattform: Sind die Nachrichten\n"
        "gewollt, bitten Sie deren Betreiber, sie zu erhöhen."
    ),
    limits={
        SendingLimit.EXTERNAL: "{allowed} Empfänger außerhalb der Organisation innerhalb einer Stunde",
        SendingLimit.INTERNAL: "{allowed} Empfänger in der Organisation innerhalb einer Stunde",
        SendingLimit.DAY: "{allowed} Empfänger innerhalb eines Tages",
        SendingLimit.SIMILAR: "{allowed} ähnliche Nachrichten innerhalb einer Stunde",
        SendingLimit.PLATFORM_SENDER: (
            "{allowed} Empfänger außerhalb der Organisation innerhalb einer Stunde, je Absender"
        ),
        SendingLimit.PLATFORM_TENANT: (
            "{allowed} Empfänger außerhalb der Organisation innerhalb einer Stunde, für alle zusammen"
        ),
    },
    actions={
        ExcessAction.LOG: "Die Nachrichten gehen weiter; nichts wird zurückgehalten.",
        ExcessAction.DEFER: (
            "Weitere Nachrichten werden aufgeschoben und warten auf Ihrem sendenden Server, bis es weniger\n"
            "sind."
        ),
        ExcessAction.HOLD: (
            "Weitere Nachrichten werden in der Warteschlange zurückgehalten, bis Sie sie dort freigeben\n"
            "oder löschen. Worüber niemand entscheidet, geht am Ende an den Absender zurück."
        ),
    },
)
TEXTS: Final[Mapping[str, ExcessText]] = MappingProxyType(
    {"en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "de": _GERMAN}
)


def excess_text_in(language: str) -> ExcessText:
    """Return the texts in ``language``; English for one that we do not know."""
    return TEXTS.get(language, _ENGLISH)
