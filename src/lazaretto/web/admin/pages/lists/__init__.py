"""Lists of senders, and indicators: who and what is let through or stopped, by whom, until when."""
