-- P3: lump lines that print the batch id.
select r.line_id, b.target, null, b.batch_id, 3, l.amount, b.net, b.claim, l.booking_date, l.sort_key, l.account,
       case when b.account <> l.account then 0 else 1 end, b.proved, b.sound, 1
from batch b
join src_line_ref r on r.ref = b.batch_key
join src_line l on l.line_id = r.line_id
where r.how = 3 and l.credit = 1 and l.reversal = 0
