"""E-mail and SMS to payers."""
