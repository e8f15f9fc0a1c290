-- P2: lines that came to another account of ours than a payment they name was to reach.
select distinct line_id from edge where home = 0
