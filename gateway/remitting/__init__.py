"""Hand the money to the Treasury: split, slips, payment orders, deadlines."""
