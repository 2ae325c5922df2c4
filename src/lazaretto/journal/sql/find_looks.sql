-- Find looks that a change of configuration can touch.
SELECT message, received_at, look
FROM trace_look
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND received_at < %(until)s
  AND (
      %(everything)s
      OR symbols && %(symbols)s::text[]
      OR senders && %(senders)s::text[]
      OR client_ip <<= ANY (%(networks)s::inet[])
      OR spam >= %(spam_from)s::real
      OR phishing >= %(phishing_from)s::real
      OR bulk >= %(bulk_from)s::real
      OR score >= %(score_from)s::real
      OR spam BETWEEN %(spam_low)s::real AND %(spam_high)s::real
      OR phishing BETWEEN %(phishing_low)s::real AND %(phishing_high)s::real
      OR bulk BETWEEN %(bulk_low)s::real AND %(bulk_high)s::real
  )
