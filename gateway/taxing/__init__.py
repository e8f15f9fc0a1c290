"""Daily tables to the tax authority."""
