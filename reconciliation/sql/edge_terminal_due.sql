-- P3: lump lines that print the terminal alone and are booked on the day on which the batch is due.
select r.line_id, b.target, null, b.batch_id, 5, l.amount, b.net, b.claim, l.booking_date, l.sort_key, l.account,
       case when b.account <> l.account then 0 else 1 end, b.proved, b.sound, 1
from batch b
join src_line_ref r on r.ref = b.terminal_key
join src_line l on l.line_id = r.line_id and l.booking_date = b.due_on
left join edge el on el.line_id = r.line_id
left join edge et on et.target = b.target
where r.how = 3 and el.line_id is null and et.target is null and l.credit = 1 and l.reversal = 0
