-- Tell the number of the latest publication.
SELECT number
FROM publication
