"""A labelled period: files made to trap a reconciliation, the truth about every row, and a score to compare by."""
