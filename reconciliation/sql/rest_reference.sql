-- P4: the reference such a line carries, whether or not we issued it.
select l.line_id, min(r.ref) as reference, min(r.how) as how
from rest_line l
join src_line_ref r on r.line_id = l.line_id
where r.how < 3
group by l.line_id
