"""People of the quarantine portal: their accounts, further addresses, and groups that share mailboxes."""
