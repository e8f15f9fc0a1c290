"""Prove that nothing was changed afterwards: the tree of audit leaves, signed checkpoints, and dues recomputed."""
