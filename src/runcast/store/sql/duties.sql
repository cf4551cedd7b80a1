-- name: take_duty
insert into duties (name, holder, epoch, until)
values (:name, :holder, 1, :until)
on conflict (name) do update
set holder = excluded.holder, until = excluded.until,
  epoch = duties.epoch + case when duties.holder = excluded.holder then 0 else 1 end
where duties.holder = excluded.holder or duties.until < :now;

-- name: duty_holder -> str
select holder
from duties
where name = :name;
