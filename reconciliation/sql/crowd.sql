-- P2: the lines that are not one line for one payment: what follows looks at these alone.
select line_id from line_group
union
select e.line_id from target_group t join edge e on e.target = t.target
union
select e.line_id
from away_line a
join edge x on x.line_id = a.line_id
join edge e on e.target = x.target
union
select line_id from edge where batch = 1
