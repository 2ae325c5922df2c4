-- Put down a person's word about some subjects, within what a person and a tenant may say.
INSERT INTO leaning_vote (tenant, subject, person, is_wanted, at)
SELECT %(tenant)s, given.subject, %(person)s, %(is_wanted)s, %(now)s
FROM unnest(%(subjects)s::text[]) AS given (subject)
WHERE (
      SELECT count(*) FILTER (WHERE person = %(person)s) < %(most_a_day)s
         AND count(*) < %(most_of_tenant)s
      FROM leaning_vote
      WHERE tenant = %(tenant)s
        AND at > %(since)s
  )
  AND (
      EXISTS (SELECT 1 FROM leaning_vote AS known WHERE known.tenant = %(tenant)s AND known.subject = given.subject)
      OR (SELECT count(DISTINCT subject) FROM leaning_vote WHERE tenant = %(tenant)s) < %(most_subjects)s
  )
ON CONFLICT (tenant, subject, person) DO UPDATE
SET is_wanted = excluded.is_wanted,
    at = excluded.at
