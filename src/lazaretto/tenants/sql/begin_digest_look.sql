-- Begin a look at who is due for a digest, or take up one that did not end and is not older than a time.
INSERT INTO digest_look AS look (begun_at)
VALUES (%(now)s)
ON CONFLICT (single) DO UPDATE
SET begun_at = CASE
        WHEN look.begun_at BETWEEN %(now)s::timestamptz - %(given_up_after)s::interval AND %(now)s THEN look.begun_at
        ELSE excluded.begun_at
    END
RETURNING look.begun_at, look.ended_at
