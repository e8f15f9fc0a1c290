"""The counter: shifts, terminals, sales and what the officer's screen shows."""
