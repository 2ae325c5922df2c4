"""What happened to mail, and what may be done about it: figures, trace, quarantine, queue, audit."""
