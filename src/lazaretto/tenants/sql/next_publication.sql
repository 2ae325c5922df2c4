-- Take the next publication number, and with it the right to publish until the transaction ends.
UPDATE publication
SET number = number + 1
RETURNING number
