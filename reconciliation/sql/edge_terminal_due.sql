-- P3: lump lines that print the terminal alone and are booked on the day on which the batch is due.
select r.line_id, b.target, null, b.batch_id, 5, r.amount, b.net, b.claim, r.booking_date, r.sort_key, r.account,
       case when b.account <> r.account then 0 else 1 end, b.proved, b.sound, 1
from batch b
join src_line_ref r on r.ref = b.terminal_key and r.booking_date = b.due_on
left join edge el on el.line_id = r.line_id
left join edge et on et.target = b.target
where r.how = 3 and r.pays = 1 and el.line_id is null and et.target is null
