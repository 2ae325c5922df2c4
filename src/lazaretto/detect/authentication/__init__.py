"""Who really sent it: SPF, DKIM, DMARC and ARC, from the DNS and the octets of the message."""
