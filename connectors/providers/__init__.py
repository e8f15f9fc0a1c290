"""One module per provider, each a table of the provider's words over `connectors.signing`; none imports another."""
