-- Remember what a look made of a message.
UPDATE message
SET subject = %(subject)s, message_id = %(message_id)s, verdict = %(verdict)s,
    return_path_trusted = %(return_path_trusted)s, submission = NULL
WHERE tenant = %(tenant)s
  AND id = %(message)s
