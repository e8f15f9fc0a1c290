-- P3: lump lines that print the batch id.
select r.line_id, b.target, null, b.batch_id, 3, r.amount, b.net, b.claim, r.booking_date, r.sort_key, r.account,
       case when b.account <> r.account then 0 else 1 end, b.proved, b.sound, 1
from batch b
join src_line_ref r on r.ref = b.batch_key
where r.how = 3 and r.pays = 1
