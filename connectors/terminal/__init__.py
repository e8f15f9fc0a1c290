"""Card terminals at the counter: what is asked of one, how its answers are read, and what to do when none comes."""
