"""Pay many dossiers at once."""
