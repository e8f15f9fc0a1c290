-- P4: the lines that are left: debits, reversed debits, and credits that name nothing we issued.
select l.line_id, l.account, l.credit, l.amount, l.reversal, l.nature
from src_line l
left join edge e on e.line_id = l.line_id
where e.line_id is null
