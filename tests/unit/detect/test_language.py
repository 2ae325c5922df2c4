"""The language of a letter is told where its small words tell it, and nothing is said otherwise."""

from __future__ import annotations

import pytest

from lazaretto.detect.language import language_of

LETTERS = {
    "en": "Dear Ann, please find the invoice for your order with this letter. We have sent it to you today.",
    "de": "Guten Tag, anbei finden Sie die Rechnung für Ihre Bestellung. Bitte zahlen Sie auf das Konto, das"
    " wir mit der Rechnung nennen.",
    "nl": "Beste Ann, hierbij de factuur van uw bestelling. Graag het bedrag op de rekening die wij bij"
    " deze brief noemen, met dank.",
    "fr": "Bonjour, vous trouverez la facture de votre commande dans cette lettre. Merci de payer sur le"
    " compte que nous vous donnons.",
    "es": "Estimada Ana, adjuntamos la factura de su pedido para que la pague en el banco con los datos que"
    " se indican.",
    "it": "Gentile Anna, in allegato la fattura della merce che lei ha ordinato; il conto è quello di questo"
    " mese e non più del vecchio.",
    "pl": "Dzień dobry, faktura jest w załączniku i proszę o wpłatę na konto, które jest od dziś nasze, a nie"
    " to stare.",
    "ru": "Добрый день, вы получили счёт, и мы ждём, чтобы вы его оплатили; это не объявление.",
    "uk": "Добрий день, ми надіслали її, і її копії є в листі; ґанок її підписів і її дати.",
    "ja": "請求書をお送りします。ご確認ください。",
    "zh": "请查收附件中的发票并尽快付款",
    "el": "Καλημέρα, σας στέλνω το τιμολόγιο",
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), LETTERS.items(), ids=LETTERS)
def test_a_letter_is_in_its_language(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    ["", "invoice 4711", "OK", "de la", "1234 5678 " * 100, "x" * 1_000_000, "Ann Bob Eve " * 9],
)
def test_nothing_is_said_of_what_could_be_any(text: str) -> None:
    assert language_of(text) == ""
