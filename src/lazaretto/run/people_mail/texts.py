"""What mail to people says, in four languages."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "fr", "nl", "de")

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "digest subject": (
        "{count} messages are held for you",
        "{count} messages sont retenus pour vous",
        "{count} berichten worden voor u tegengehouden",
        "{count} Nachrichten werden für Sie zurückgehalten",
    ),
    "digest subject one": (
        "1 message is held for you",
        "1 message est retenu pour vous",
        "1 bericht wordt voor u tegengehouden",
        "1 Nachricht wird für Sie zurückgehalten",
    ),
    "welcome subject": (
        "Welcome to your quarantine: what it is, and what is held for you",
        "Bienvenue dans votre quarantaine : ce que c'est, et ce qui est retenu pour vous",
        "Welkom bij uw quarantaine: wat het is, en wat voor u wordt tegengehouden",
        "Willkommen in Ihrer Quarantäne: was das ist und was für Sie zurückgehalten wird",
    ),
    "welcome alone subject": (
        "Welcome to your quarantine: what it is",
        "Bienvenue dans votre quarantaine : ce que c'est",
        "Welkom bij uw quarantaine: wat het is",
        "Willkommen in Ihrer Quarantäne: was das ist",
    ),
    "nothing held": (
        "You need not do anything. Lists come only when something new is held for {address}.",
        "Vous n'avez rien à faire. Une liste ne vient que si quelque chose de nouveau est retenu pour"
        " {address}.",
        "U hoeft niets te doen. Een lijst komt alleen als er iets nieuws voor {address} is tegengehouden.",
        "Sie müssen nichts tun. Eine Liste kommt nur, wenn Neues für {address} zurückgehalten wird.",
    ),
    "welcome": (
        "Your organisation has mail checked before it reaches you. What looks unwanted or dangerous is held"
        " back, and a mail like this lists it from time to time. Nothing is lost: you can have a message"
        " delivered, or do nothing, and it is deleted by itself.",
        "Votre organisation fait vérifier le courrier avant qu'il ne vous parvienne. Ce qui semble"
        " indésirable ou dangereux est retenu, et un courriel comme celui-ci en donne la liste de temps en"
        " temps. Rien n'est perdu : vous pouvez faire livrer un message, ou ne rien faire, et il est supprimé"
        " de lui-même.",
        "Uw organisatie laat mail controleren voor die u bereikt. Wat ongewenst of gevaarlijk lijkt, wordt"
        " tegengehouden, en een mail als deze somt het af en toe op. Niets gaat verloren: u kunt een bericht"
        " laten bezorgen, of niets doen, en het wordt vanzelf verwijderd.",
        "Ihre Organisation lässt Post prüfen, bevor sie Sie erreicht. Was unerwünscht oder gefährlich"
        " aussieht, wird zurückgehalten; eine Mail wie diese führt es von Zeit zu Zeit auf. Nichts geht"
        " verloren: Sie können eine Nachricht zustellen lassen oder nichts tun, dann wird sie von selbst"
        " gelöscht.",
    ),
    "digest": (
        "These messages to {address} were held back since the last list:",
        "Ces messages à {address} ont été retenus depuis la dernière liste :",
        "Deze berichten aan {address} werden sinds de vorige lijst tegengehouden:",
        "Diese Nachrichten an {address} wurden seit der letzten Liste zurückgehalten:",
    ),
    "more": (
        "and {count} more, which you find on the page of your held messages",
        "et {count} autres, que vous trouvez sur la page de vos messages retenus",
        "en nog {count}, die u vindt op de pagina met uw tegengehouden berichten",
        "und {count} weitere, die Sie auf der Seite Ihrer zurückgehaltenen Nachrichten finden",
    ),
    "from": ("From", "De", "Van", "Von"),
    "why": ("Why", "Raison", "Waarom", "Grund"),
    "no subject": ("(no subject)", "(sans objet)", "(geen onderwerp)", "(kein Betreff)"),
    "decide": ("Look and decide", "Voir et décider", "Bekijken en beslissen", "Ansehen und entscheiden"),
    "all": (
        "See all held messages",
        "Voir tous les messages retenus",
        "Alle tegengehouden berichten bekijken",
        "Alle zurückgehaltenen Nachrichten ansehen",
    ),
    "links": (
        "A link opens a page and changes nothing by itself. It is meant for you alone and works for 14 days;"
        " do not pass this mail on.",
        "Un lien ouvre une page et ne change rien par lui-même. Il n'est que pour vous et fonctionne"
        " 14 jours ;"
        " ne transférez pas ce courriel.",
        "Een link opent een pagina en verandert vanzelf niets. Hij is alleen voor u bedoeld en werkt"
        " 14 dagen;"
        " stuur deze mail niet door.",
        "Ein Link öffnet eine Seite und ändert von selbst nichts. Er ist nur für Sie bestimmt und"
        " gilt 14 Tage;"
        " leiten Sie diese Mail nicht weiter.",
    ),
    "unsubscribe": (
        "Get no such lists any more",
        "Ne plus recevoir ces listes",
        "Zulke lijsten niet meer ontvangen",
        "Solche Listen nicht mehr erhalten",
    ),
    "risk low": ("Low risk", "Peu de risque", "Weinig risico", "Geringes Risiko"),
    "risk raised": ("Be careful", "Prudence", "Wees voorzichtig", "Vorsicht"),
    "risk high": ("Dangerous", "Dangereux", "Gevaarlijk", "Gefährlich"),
    "reason spam": (
        "Unwanted advertising",
        "Publicité non désirée",
        "Ongewenste reclame",
        "Unerwünschte Werbung",
    ),
    "reason bulk": ("Newsletter", "Lettre d'information", "Nieuwsbrief", "Rundbrief"),
    "reason phishing": (
        "Tries to get at passwords or money",
        "Tente d'obtenir des mots de passe ou de l'argent",
        "Probeert wachtwoorden of geld te krijgen",
        "Versucht, an Passwörter oder Geld zu kommen",
    ),
    "reason impersonation": (
        "The sender may be somebody else",
        "L'expéditeur est peut-être quelqu'un d'autre",
        "De afzender is misschien iemand anders",
        "Der Absender ist vielleicht jemand anders",
    ),
    "reason unscannable": (
        "Could not be checked",
        "N'a pas pu être vérifié",
        "Kon niet worden gecontroleerd",
        "Konnte nicht geprüft werden",
    ),
    "reason malware": ("Malware", "Logiciel malveillant", "Malware", "Schadsoftware"),
    "reason policy": (
        "Held by a rule of your organisation",
        "Retenu par une règle de votre organisation",
        "Tegengehouden door een regel van uw organisatie",
        "Durch eine Regel Ihrer Organisation zurückgehalten",
    ),
    "confirm subject": (
        "Is this your address?",
        "Est-ce votre adresse ?",
        "Is dit uw adres?",
        "Ist das Ihre Adresse?",
    ),
    "confirm": (
        "{reader} wants to see the messages that are held for {address} as well. If that is you, or if you"
        " agree, confirm it on the page behind this link. Otherwise do nothing.",
        "{reader} souhaite voir aussi les messages retenus pour {address}. Si c'est vous, ou si vous êtes"
        " d'accord, confirmez-le sur la page de ce lien. Sinon, ne faites rien.",
        "{reader} wil ook de berichten zien die voor {address} worden tegengehouden. Bent u dat, of gaat u"
        " akkoord, bevestig het dan op de pagina achter deze link. Doe anders niets.",
        "{reader} möchte auch die Nachrichten sehen, die für {address} zurückgehalten werden. Wenn"
        " Sie das sind"
        " oder einverstanden sind, bestätigen Sie es auf der Seite hinter diesem Link. Sonst tun Sie nichts.",
    ),
    "confirm button": ("To the page", "Vers la page", "Naar de pagina", "Zur Seite"),
    "released subject": (
        "Your message is delivered: {subject}",
        "Votre message est livré : {subject}",
        "Uw bericht wordt bezorgd: {subject}",
        "Ihre Nachricht wird zugestellt: {subject}",
    ),
    "released": (
        "You asked for the held message “{subject}” from {sender}. Your administrators agreed, and"
        " it is on its"
        " way to you.",
        "Vous aviez demandé le message retenu « {subject} » de {sender}. Vos administrateurs ont accepté ; il"
        " est en route.",
        "U vroeg om het tegengehouden bericht “{subject}” van {sender}. Uw beheerders gaan akkoord; het is"
        " onderweg.",
        "Sie hatten um die zurückgehaltene Nachricht „{subject}“ von {sender} gebeten. Ihre Administratoren"
        " haben zugestimmt; sie ist unterwegs.",
    ),
    "denied subject": (
        "Your message stays held: {subject}",
        "Votre message reste retenu : {subject}",
        "Uw bericht blijft tegengehouden: {subject}",
        "Ihre Nachricht bleibt zurückgehalten: {subject}",
    ),
    "denied": (
        "You asked for the held message “{subject}” from {sender}. Your administrators declined to"
        " deliver it.",
        "Vous aviez demandé le message retenu « {subject} » de {sender}. Vos administrateurs ont refusé de le"
        " livrer.",
        "U vroeg om het tegengehouden bericht “{subject}” van {sender}. Uw beheerders willen het niet"
        " bezorgen.",
        "Sie hatten um die zurückgehaltene Nachricht „{subject}“ von {sender} gebeten. Ihre Administratoren"
        " haben die Zustellung abgelehnt.",
    ),
    "their reason": (
        "Their reason: {reason}",
        "Leur raison : {reason}",
        "Hun reden: {reason}",
        "Ihre Begründung: {reason}",
    ),
    "answer subject": (
        "What came of your report",
        "Suite donnée à votre signalement",
        "Wat er met uw melding is gebeurd",
        "Was aus Ihrer Meldung wurde",
    ),
    "answer spam": (
        "Thank you for reporting a message as unwanted. It was looked at again: {verdict}.",
        "Merci d'avoir signalé un message indésirable. Il a été réexaminé : {verdict}.",
        "Dank u voor het melden van een ongewenst bericht. Het is opnieuw bekeken: {verdict}.",
        "Danke, dass Sie eine unerwünschte Nachricht gemeldet haben. Sie wurde erneut geprüft: {verdict}.",
    ),
    "answer wanted": (
        "Thank you for reporting that a message was held by mistake. It was looked at again: {verdict}.",
        "Merci d'avoir signalé un message retenu par erreur. Il a été réexaminé : {verdict}.",
        "Dank u voor het melden dat een bericht ten onrechte werd tegengehouden. Het is opnieuw bekeken:"
        " {verdict}.",
        "Danke für die Meldung, dass eine Nachricht irrtümlich zurückgehalten wurde. Sie wurde"
        " erneut geprüft:"
        " {verdict}.",
    ),
    "answer effect": (
        "It was learnt from; what several people report changes how such mail is treated.",
        "Nous en avons tiré parti ; ce que plusieurs personnes signalent change le traitement de"
        " tels messages.",
        "Er is van geleerd; wat meerdere mensen melden, verandert hoe zulke mail wordt behandeld.",
        "Daraus wurde gelernt; was mehrere melden, ändert den Umgang mit solcher Post.",
    ),
    "answer waiting": (
        "Thank you for your report. We do not have the message any more; if you do, send it as an"
        " attachment.",
        "Merci pour votre signalement. Nous n'avons plus le message ; si vous l'avez, envoyez-le en"
        " pièce jointe.",
        "Dank u voor uw melding. Wij hebben het bericht niet meer; hebt u het nog, stuur het dan als"
        " bijlage.",
        "Danke für Ihre Meldung. Wir haben die Nachricht nicht mehr; wenn Sie sie haben, senden Sie sie als"
        " Anhang.",
    ),
    "verdict clean": ("harmless", "inoffensif", "onschuldig", "harmlos"),
    "verdict bulk": ("a newsletter", "une lettre d'information", "een nieuwsbrief", "ein Rundbrief"),
    "verdict spam": (
        "unwanted advertising",
        "publicité non désirée",
        "ongewenste reclame",
        "unerwünschte Werbung",
    ),
    "verdict phishing": ("phishing", "hameçonnage", "phishing", "Phishing"),
    "verdict malware": ("malware", "logiciel malveillant", "malware", "Schadsoftware"),
    "verdict violation": (
        "against a rule of your organisation",
        "contraire à une règle de votre organisation",
        "tegen een regel van uw organisatie",
        "gegen eine Regel Ihrer Organisation",
    ),
    "verdict unscannable": (
        "could not be checked",
        "n'a pas pu être vérifié",
        "kon niet worden gecontroleerd",
        "konnte nicht geprüft werden",
    ),
}


def said(key: str, language: str, **gaps: object) -> str:
    """Return a text in ``language``, in English where there is no such language."""
    index = LANGUAGES.index(language) if language in LANGUAGES else 0
    return TEXTS[key][index].format(**gaps) if gaps else TEXTS[key][index]


def reason_said(reason: str, language: str) -> str:
    """Return the words for a quarantine reason."""
    key = {"certain-phishing": "phishing", "suspected": "malware"}.get(reason, reason)
    return said(f"reason {key}" if f"reason {key}" in TEXTS else "reason policy", language)


def risk_of(reason: str) -> str:
    """Return ``low``, ``raised`` or ``high``, as the portal says it of the same reason."""
    if reason in ("malware", "suspected", "phishing", "certain-phishing"):
        return "high"
    return "raised" if reason in ("impersonation", "unscannable") else "low"
