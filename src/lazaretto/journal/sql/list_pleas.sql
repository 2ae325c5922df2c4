-- Return what refused senders asked of a tenant, what waits for a decision first, latest first.
-- What a second person decided about a proposal to let one in is the decision about the request, too.
WITH told AS (
    SELECT
        plea.id, plea.tenant, reference, message, sender, asked_at, times,
        coalesce(
            plea.decision, CASE proposal.decision WHEN 'approved' THEN 'granted' WHEN 'rejected' THEN 'declined' END
        ) AS decision,
        CASE
            WHEN plea.decision IS NOT NULL THEN plea.decided_by
            WHEN proposal.decision IN ('approved', 'rejected') THEN proposal.decided_by
            ELSE ''
        END AS decided_by,
        CASE
            WHEN plea.decision IS NOT NULL THEN plea.decided_at
            WHEN proposal.decision IN ('approved', 'rejected') THEN proposal.decided_at
        END AS decided_at,
        CASE WHEN proposal.decision IS NULL AND proposal.expires_at > %(now)s THEN proposal.id END AS proposal
    FROM plea
    LEFT JOIN proposal ON proposal.id = plea.proposal
    WHERE plea.tenant = %(tenant)s
      AND (%(id)s::bigint IS NULL OR plea.id = %(id)s)
)
SELECT id, tenant, reference, message, sender, asked_at, times, decision, decided_by, decided_at, proposal
FROM told
ORDER BY (decision IS NULL) DESC, asked_at DESC, id DESC
LIMIT %(wanted)s
