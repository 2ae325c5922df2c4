-- Count messages for which settings on trial would have led elsewhere, by disposition.
SELECT each.decision ->> 'disposition' AS disposition, count(*)
FROM trace_look
CROSS JOIN LATERAL jsonb_array_elements(shadow) AS each (decision)
WHERE tenant = %(tenant)s
  AND received_at >= %(since)s
  AND shadow IS NOT NULL
GROUP BY 1
ORDER BY 2 DESC
