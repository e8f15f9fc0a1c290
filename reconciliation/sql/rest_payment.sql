-- P4: the payments it names.
select l.line_id, min(p.reference) as reference, min(r.how) as how, count(*) as payment_count,
       max(case when p.channel = 'POS' and p.status = 'SUCCEEDED' then 1 else 0 end) as sale
from rest_line l
join src_line_ref r on r.line_id = l.line_id
join src_payment p on p.reference = r.ref
where r.how < 3
group by l.line_id
