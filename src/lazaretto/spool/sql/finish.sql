-- Note messages of which nothing is left to do, and drop what only waited for their delay.
WITH finished AS (
    UPDATE message
    SET done_at = %(at)s
    FROM json_to_recordset(%(messages)s::json) AS given (tenant integer, message uuid)
    WHERE message.tenant = given.tenant
      AND message.id = given.message
      AND message.done_at IS NULL
      AND NOT EXISTS (
          SELECT
          FROM recipient
          WHERE recipient.tenant = given.tenant
            AND recipient.message = given.message
            AND recipient.place NOT IN ('delivered', 'bounced', 'deleted', 'refused')
      )
    RETURNING message.tenant, message.id
)
DELETE FROM queue
USING finished
WHERE queue.tenant = finished.tenant
  AND queue.message = finished.id
  AND queue.kind = 'delaydsn'
