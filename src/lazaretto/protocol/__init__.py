"""Wire protocols without policy: SMTP grammar and lines, DNS, TLS."""
