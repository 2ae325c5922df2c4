-- Count the messages in the queue and their ages, by direction and stage: in all, and for each domain.
WITH waiting AS (
    SELECT DISTINCT
        queue.tenant, queue.message, message.reverse_path,
        CASE queue.direction WHEN 'inbound' THEN 'Inbound' ELSE 'Outbound' END AS direction,
        CASE queue.kind WHEN 'scan' THEN 'Receive' ELSE 'Delivery' END AS stage,
        queue.recipients,
        greatest(extract(epoch FROM %(now)s - message.received_at), 0)::double precision AS age
    FROM queue
    JOIN message ON message.tenant = queue.tenant
                AND message.id = queue.message
    WHERE queue.kind <> 'delaydsn'
      AND (%(tenant)s::integer IS NULL OR queue.tenant = %(tenant)s)
),
by_domain AS (
    SELECT DISTINCT waiting.tenant, waiting.message, waiting.direction, waiting.stage, waiting.age, its.domain
    FROM waiting
    CROSS JOIN LATERAL (
        SELECT lower(substring(recipient.address FROM '@([^@]*)$')) AS domain
        FROM recipient
        WHERE waiting.direction = 'Inbound'
          AND recipient.tenant = waiting.tenant
          AND recipient.message = waiting.message
          AND recipient.number = ANY (waiting.recipients)
        UNION ALL
        SELECT coalesce(lower(substring(waiting.reverse_path FROM '@([^@]*)$')), '')
        WHERE waiting.direction = 'Outbound'
    ) AS its
),
messages AS (
    SELECT DISTINCT tenant, message, direction, age
    FROM waiting
)
SELECT NULL AS domain, direction, '' AS stage, count(*) AS messages, max(age) AS longest, avg(age) AS mean
FROM messages
GROUP BY direction
UNION ALL
SELECT domain, direction, stage, count(*), max(age), avg(age)
FROM by_domain
WHERE domain IS NOT NULL
GROUP BY domain, direction, stage
