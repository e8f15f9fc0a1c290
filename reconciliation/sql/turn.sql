-- P2: the rank of a line among the lines of one payment: the equal amount first, then how, booking date, line.
select e.line_id, e.target, t.np, t.sl, t.has,
       row_number() over (
           partition by e.target
           order by case when e.line_amount = e.target_amount then 0 else 1 end, e.how, e.booking_date, e.sort_key, e.line_id
       ) as rn
from target_group t
join edge e on e.target = t.target
left join away_line a on a.line_id = e.line_id
left join tangle_target x on x.target = t.target
where a.line_id is null and x.target is null
