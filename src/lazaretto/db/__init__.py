"""PostgreSQL for the mail path: the embedded server, connections, migrations, SQL files by name."""
