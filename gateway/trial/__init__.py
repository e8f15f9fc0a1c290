"""The trial installation: sample agency, simulated bank, a whole day of payments. Marked DEMO wherever a person looks."""
