"""Refunds (hoàn trả): money back to whoever paid, decided by two persons, proven by the bank, never twice."""
