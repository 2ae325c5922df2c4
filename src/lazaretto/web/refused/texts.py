"""What the page says, in four languages."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "fr", "nl", "de")

TEXTS: Final[dict[str, dict[str, str]]] = {
    "title": {
        "en": "Your message was not accepted",
        "fr": "Votre message n’a pas été accepté",
        "nl": "Uw bericht is niet aanvaard",
        "de": "Ihre Nachricht wurde nicht angenommen",
    },
    "day": {
        "en": "Refused on",
        "fr": "Refusé le",
        "nl": "Geweigerd op",
        "de": "Abgewiesen am",
    },
    "reference": {"en": "Reference", "fr": "Référence", "nl": "Referentie", "de": "Referenz"},
    "why": {"en": "Why", "fr": "Pourquoi", "nl": "Waarom", "de": "Warum"},
    "what": {
        "en": "What you can do",
        "fr": "Ce que vous pouvez faire",
        "nl": "Wat u kunt doen",
        "de": "Was Sie tun können",
    },
    "spam": {
        "en": "It looked like unsolicited bulk mail.",
        "fr": "Il ressemblait à du courrier indésirable envoyé en masse.",
        "nl": "Het leek op ongevraagde bulkmail.",
        "de": "Sie sah wie unerwünschte Massenpost aus.",
    },
    "bulk": {
        "en": "The recipient’s organisation does not accept newsletters of this kind.",
        "fr": "L’organisation du destinataire n’accepte pas ce genre de lettres d’information.",
        "nl": "De organisatie van de ontvanger aanvaardt dit soort nieuwsbrieven niet.",
        "de": "Die Organisation des Empfängers nimmt Rundbriefe dieser Art nicht an.",
    },
    "phishing": {
        "en": "It looked like an attempt to obtain passwords or money by deception.",
        "fr": "Il ressemblait à une tentative d’obtenir des mots de passe ou de l’argent par tromperie.",
        "nl": "Het leek op een poging om met bedrog wachtwoorden of geld te krijgen.",
        "de": "Sie sah wie ein Versuch aus, durch Täuschung an Passwörter oder Geld zu kommen.",
    },
    "malware": {
        "en": "It contained something that can do harm to a computer.",
        "fr": "Il contenait quelque chose qui peut nuire à un ordinateur.",
        "nl": "Het bevatte iets dat een computer kan schaden.",
        "de": "Sie enthielt etwas, das einem Rechner schaden kann.",
    },
    "violation": {
        "en": "It broke a rule of the recipient’s organisation.",
        "fr": "Il enfreignait une règle de l’organisation du destinataire.",
        "nl": "Het overtrad een regel van de organisatie van de ontvanger.",
        "de": "Sie verstieß gegen eine Regel der Organisation des Empfängers.",
    },
    "unscannable": {
        "en": "It could not be checked, for example because it was encrypted or damaged.",
        "fr": "Il n’a pas pu être vérifié, par exemple parce qu’il était chiffré ou endommagé.",
        "nl": "Het kon niet worden gecontroleerd, bijvoorbeeld omdat het versleuteld of beschadigd was.",
        "de": "Sie konnte nicht geprüft werden, etwa weil sie verschlüsselt oder beschädigt war.",
    },
    "clean": {
        "en": "The recipient’s organisation does not accept mail from this sender or server.",
        "fr": "L’organisation du destinataire n’accepte pas le courrier de cet expéditeur ou serveur.",
        "nl": "De organisatie van de ontvanger aanvaardt geen mail van deze afzender of server.",
        "de": "Die Organisation des Empfängers nimmt von diesem Absender oder Server keine Post an.",
    },
    "may_ask": {
        "en": "If your message was wanted, ask the recipient’s organisation to accept your next one."
        " They see your address and this reference, and decide.",
        "fr": "Si votre message était attendu, demandez à l’organisation du destinataire d’accepter le"
        " prochain. Elle voit votre adresse et cette référence, et décide.",
        "nl": "Was uw bericht gewenst, vraag dan de organisatie van de ontvanger om het volgende te"
        " aanvaarden. Zij ziet uw adres en deze referentie, en beslist.",
        "de": "War Ihre Nachricht erwünscht, bitten Sie die Organisation des Empfängers, die nächste"
        " anzunehmen. Sie sieht Ihre Adresse und diese Referenz und entscheidet.",
    },
    "may_not_ask": {
        "en": "Check your computer and what you sent, and reach the recipient in another way.",
        "fr": "Vérifiez votre ordinateur et ce que vous avez envoyé, et contactez le destinataire autrement.",
        "nl": "Controleer uw computer en wat u verstuurde, en neem op een andere manier contact op.",
        "de": "Prüfen Sie Ihren Rechner und was Sie gesendet haben, und wenden Sie sich auf anderem Weg an"
        " den Empfänger.",
    },
    "ask": {
        "en": "Ask to accept my next message",
        "fr": "Demander d’accepter mon prochain message",
        "nl": "Vragen om mijn volgende bericht te aanvaarden",
        "de": "Um Annahme meiner nächsten Nachricht bitten",
    },
    "asked": {
        "en": "Thank you. Your request waits for a decision; if it is granted, send your message again.",
        "fr": "Merci. Votre demande attend une décision ; si elle est acceptée, renvoyez votre message.",
        "nl": "Dank u. Uw verzoek wacht op een beslissing; wordt het ingewilligd, stuur dan uw bericht"
        " opnieuw.",
        "de": "Danke. Ihre Bitte wartet auf eine Entscheidung; wird ihr entsprochen, senden Sie Ihre"
        " Nachricht noch einmal.",
    },
    "unknown_title": {
        "en": "This reference is not known",
        "fr": "Cette référence n’est pas connue",
        "nl": "Deze referentie is niet bekend",
        "de": "Diese Referenz ist nicht bekannt",
    },
    "unknown": {
        "en": "Check its eight characters. A reference is kept for 30 days; what was refused a moment ago"
        " appears within seconds.",
        "fr": "Vérifiez ses huit caractères. Une référence est conservée 30 jours ; un refus récent apparaît"
        " en quelques secondes.",
        "nl": "Controleer de acht tekens. Een referentie wordt 30 dagen bewaard; een recente weigering"
        " verschijnt binnen enkele seconden.",
        "de": "Prüfen Sie die acht Zeichen. Eine Referenz wird 30 Tage aufbewahrt; was eben erst abgewiesen"
        " wurde, erscheint in wenigen Sekunden.",
    },
}


def said(language: str) -> dict[str, str]:
    """Return every text in ``language``; English where there is no such language."""
    chosen = language if language in LANGUAGES else "en"
    return {key: texts[chosen] for key, texts in TEXTS.items()}
