-- Let this transaction read whole tables: the mail path reads by key only, counting does not.
SELECT
    set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
    set_config('enable_mergejoin', 'on', true)
