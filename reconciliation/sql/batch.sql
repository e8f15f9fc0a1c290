-- P3: each batch with its net, its flawless rows and what its payments amount to. The lump is due on the next working day.
with totals as (
    select batch_key, min(batch_id) as batch_id, min(trade_date) as trade_date, min(terminal_key) as terminal_key,
           max(terminal_key) as last_terminal, min(account) as account,
           cast(sum(net) as bigint) as net, cast(sum(mdr) as bigint) as mdr, cast(sum(gross) as bigint) as gross,
           min(case when flaw = 'none' then 1 else 0 end) as sound
    from sale
    group by batch_key
), members as (
    select batch_key, cast(sum(amount) as bigint) as claim, count(*) as payment_count, min(proved) as proved,
           min(payment_id) as first_payment
    from batch_member
    group by batch_key
)
select t.batch_key, t.batch_id, 'b:' || t.batch_key as target, t.trade_date, c.next_working_day as due_on,
       case when t.terminal_key = t.last_terminal then t.terminal_key end as terminal_key,
       t.account, t.net, t.mdr, t.gross, t.sound,
       coalesce(m.claim, 0) as claim, coalesce(m.payment_count, 0) as payment_count, coalesce(m.proved, 1) as proved,
       m.first_payment
from totals t
left join members m on m.batch_key = t.batch_key
left join src_calendar c on c.day = t.trade_date
