-- P4: the remittance order or the batch it names.
select l.line_id, min(o.order_key) as order_key, min(b.batch_id) as batch_id
from rest_line l
join src_line_ref r on r.line_id = l.line_id
left join src_order o on o.order_key = r.ref
left join batch b on b.batch_key = r.ref
where r.how = 3 and (o.order_key is not null or b.batch_key is not null)
group by l.line_id
