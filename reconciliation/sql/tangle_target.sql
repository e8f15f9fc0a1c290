-- P2, rule 1: payments of a line that names several, one of which other lines name too.
with tangled as (
    select distinct e.line_id
    from line_group g
    join edge e on e.line_id = g.line_id
    join target_group t on t.target = e.target
    left join away_line a on a.line_id = e.line_id
    where a.line_id is null
)
select distinct e.target
from tangled l
join edge e on e.line_id = l.line_id
