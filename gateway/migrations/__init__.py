"""One Alembic history for the tables of all packages; a server refuses to start on any revision but its own."""
