"""A payer says "I paid and nothing shows": search, acknowledge, and tell when the money is found."""
