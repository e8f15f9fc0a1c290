"""Speak to providers: send, ask again, watch their silence, keep what was said."""
