-- P5: the lines of each component, as the residual solver judged it.
select l.line_id, l.account, c.kind, c.group_id, c.rule, c.lead, l.amount, c.line_sum - c.payment_sum, null, 0,
       c.line_count, c.payment_count, c.line_sum, c.expected, c.payment_sum, cast(null as date)
from component c
join src_line l on l.line_id = c.member
where c.is_line = 1
