-- Tell whether a look is one that a change can touch; what is not asked for is left out, so that indexes serve the rest.
(
    %(everything)s
    OR (%(by_symbol)s AND symbols && %(symbols)s::text[])
    OR (%(by_sender)s AND senders && %(senders)s::text[])
    OR (%(by_spam)s AND spam >= %(spam_from)s::real)
    OR (%(by_phishing)s AND phishing >= %(phishing_from)s::real)
    OR (%(by_bulk)s AND bulk >= %(bulk_from)s::real)
    OR (%(near_spam)s AND spam BETWEEN %(spam_low)s::real AND %(spam_high)s::real)
    OR (%(near_phishing)s AND phishing BETWEEN %(phishing_low)s::real AND %(phishing_high)s::real)
    OR (%(near_bulk)s AND bulk BETWEEN %(bulk_low)s::real AND %(bulk_high)s::real)
)
