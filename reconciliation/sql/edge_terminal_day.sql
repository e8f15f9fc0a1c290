-- P3: lump lines without a batch id that print the terminal and the trade day.
with candidate as (
    select distinct r.line_id, b.batch_key
    from batch b
    join src_line_ref r on r.ref = b.terminal_key
    join src_line_ref d on d.line_id = r.line_id
    join src_day_word w on w.word = d.ref and w.batch_key = b.batch_key
    where r.how = 3 and d.how = 3 and r.pays = 1
)
select c.line_id, b.target, null, b.batch_id, 4, l.amount, b.net, b.claim, l.booking_date, l.sort_key, l.account,
       case when b.account <> l.account then 0 else 1 end, b.proved, b.sound, 1
from candidate c
join batch b on b.batch_key = c.batch_key
join src_line l on l.line_id = c.line_id
left join edge el on el.line_id = c.line_id
left join edge et on et.target = b.target
where el.line_id is null and et.target is null
