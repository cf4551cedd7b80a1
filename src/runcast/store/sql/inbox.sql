-- Messages to runs. `taken_by` is the journal key of the entry that received the message; '' for one that was received
-- before a `Continue`.

-- name: add_message
insert into inbox (run_id, name, key, value, sent_at) {values :rows};

-- name: message_by_key -> Message?
select seq, run_id, name as inbox, key, value, sent_at, taken_by is not null as received
from inbox
where run_id = :run_id and name = :name and key = :key;

-- name: messages_of -> Message*
select seq, run_id, name as inbox, key, value, sent_at, taken_by is not null as received
from inbox
where run_id = :run_id and seq > :after
order by seq
limit :limit;

-- name: count_unread -> int
select count(*) from (select 1 from inbox where run_id = :run_id and taken_by is null limit :limit) unread;

-- name: unread_messages -> Unread*
select seq, value
from inbox
where run_id = :run_id and name = :name and taken_by is null
order by seq
limit :limit;

-- name: receivers -> Name*
-- Entries that wait for a message, those first that asked first.
select key as name
from journal
where awaits = :awaits and status = 'pending' and kind = 'message' and awaits is not null
order by position, started_at, key
limit :limit;

-- name: take_messages
update inbox
set taken_by = r.key
from {rows :rows (seq bigint, key text)} r
where inbox.seq = r.seq and inbox.taken_by is null;

-- name: give_back_messages
update inbox
set taken_by = null
where taken_by is not null and (run_id, taken_by) in (select r.run_id, r.key from {rows :keys (run_id text, key text)} r);

-- name: withdraw_entries
-- The body gave up what it asked for before it saw a message: the one exception to "a done entry never changes".
update journal
set status = 'forgotten', value = null, error = null, finished_at = null, resolved_at = null, due_at = null
where kind = 'message' and (run_id, key) in (select r.run_id, r.key from {rows :keys (run_id text, key text)} r);

-- name: adopt_messages
-- A successor finds what its predecessor was sent; what the entries that it adopted have not received is unread.
insert into inbox (run_id, name, key, value, sent_at, taken_by)
select :run_id, name, key, value, sent_at,
  case when taken_by = '' or taken_by in (select j.key from journal j where j.run_id = :run_id and j.status = 'done')
    then taken_by end
from inbox
where run_id = :adopts
order by seq;

-- name: unread_all
-- A fresh start sees every message again that this round received.
update inbox
set taken_by = null
where run_id = :run_id and taken_by <> '';

-- name: settle_messages
-- The next round has a journal of its own: what this one received is over. Keys are remembered for a while.
update inbox
set taken_by = ''
where run_id = :run_id and taken_by is not null;

-- name: forget_messages
delete from inbox
where run_id = :run_id and taken_by = '' and sent_at < :before;
