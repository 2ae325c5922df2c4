-- Compare what was accepted with what ended, waits and rests, by tenant.
WITH counted AS (
    SELECT
        tenant,
        sum(recipients) FILTER (WHERE entry = 'accepted') AS accepted,
        sum(recipients) FILTER (WHERE entry = 'delivered') AS delivered,
        sum(recipients) FILTER (WHERE entry = 'bounced') AS bounced,
        sum(recipients) FILTER (WHERE entry = 'deleted') AS deleted
    FROM ledger
    GROUP BY tenant
),
held AS (
    SELECT tenant, message, unnest(recipients) AS number, 'queue' AS holder
    FROM queue
    WHERE kind <> 'delaydsn'
    UNION ALL
    SELECT tenant, message, unnest(recipients) AS number, 'quarantine' AS holder
    FROM quarantine
    WHERE ended_at IS NULL
),
present AS (
    SELECT
        recipient.tenant, recipient.message, recipient.number, recipient.additional,
        count(held.holder) FILTER (WHERE held.holder = 'queue') AS queued,
        count(held.holder) FILTER (WHERE held.holder = 'quarantine') AS quarantined
    FROM recipient
    LEFT JOIN held ON held.tenant = recipient.tenant
                  AND held.message = recipient.message
                  AND held.number = recipient.number
    WHERE recipient.place NOT IN ('delivered', 'bounced', 'deleted', 'refused')
    GROUP BY recipient.tenant, recipient.message, recipient.number, recipient.additional
),
waiting AS (
    SELECT
        tenant,
        count(*) FILTER (WHERE queued > 0 AND NOT additional) AS queued,
        count(*) FILTER (WHERE queued = 0 AND quarantined > 0 AND NOT additional) AS quarantined,
        count(*) FILTER (WHERE queued + quarantined = 0) AS orphans,
        count(*) FILTER (WHERE queued + quarantined > 1) AS doubles
    FROM present
    GROUP BY tenant
)
SELECT
    tenant, coalesce(accepted, 0)::bigint AS accepted, coalesce(delivered, 0)::bigint AS delivered,
    coalesce(bounced, 0)::bigint AS bounced, coalesce(deleted, 0)::bigint AS deleted,
    coalesce(queued, 0) AS queued, coalesce(quarantined, 0) AS quarantined, coalesce(orphans, 0) AS orphans,
    coalesce(doubles, 0) AS doubles
FROM counted
FULL JOIN waiting USING (tenant)
ORDER BY tenant
