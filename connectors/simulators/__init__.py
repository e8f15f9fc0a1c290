"""The other side, shipped with the product: whole counterparts with books of their own that misbehave on request."""
