"""Every bound of the system, on one page. Bytes, counts, or milliseconds, as the name says."""

PAYLOAD_BYTES_MAX = 8 * 1024 * 1024
"""A payload, output or step result larger than this is refused with `ValueTooLarge`."""
INLINE_BYTES_MAX = 128 * 1024
"""A value up to this size lives in its row; a larger one becomes a blob."""
METADATA_BYTES_MAX = 256 * 1024
METADATA_DEPTH_MAX = 50
"""Segments of a path in metadata."""
METADATA_OPERATIONS_MAX = 10_000
"""Of one request."""
METADATA_INDEX_MAX = 10_000
"""The last place in a list that a path of metadata reaches."""
TRACE_RUNS_MAX = 500
"""Runs of a tree that a trace shows."""
TRACE_SPANS_MAX = 1_000
"""Where a trace stops, about: each run adds a page of log lines at most."""
TIMELINE_RUNS_MAX = 20_000
"""Runs of a tree that a timeline has."""
TIMELINE_RUNS_OPEN = 200
"""Runs whose parts come with the timeline; those of others are asked for."""
TIMELINE_ENTRIES_PAGE = 5_000
"""Journal entries of a page of a timeline's parts."""
TIMELINE_PARTS_MAX = 100
"""Runs whose parts are asked for at once."""
TIMELINE_NEWS_MAX = 5_000
"""Entries that one who follows a timeline may have before it: of runs with more it is told to read them anew."""
FACT_KEYS_CHARS_MAX = 8_192
"""Of the keys that a fact of the feed names: with more it says that any entry of the journal may have changed."""
SAVED_VIEWS_MAX = 100
"""Of one list in one environment."""
VIEW_NAME_CHARS_MAX = 80
VIEW_FILTERS_MAX = 30
"""Filters of a saved view."""
VIEW_FILTER_CHARS_MAX = 2_000
"""The name or the value of one of them."""
TAGS_MAX = 10
TAG_CHARS_MAX = 128
TASK_NAME_CHARS_MAX = 128
KEY_CHARS_MAX = 2048
"""Journal keys, idempotency keys and concurrency keys."""
BATCH_RUNS_MAX = 10_000
HTTP_BATCH_ITEMS_MAX = 1_000
"""Items of a batch over HTTP."""
HTTP_BATCH_BYTES_MAX = 512 * 1024 * 1024
"""One upload of a batch's items."""
HTTP_ITEM_BYTES_MAX = 4 * 1024 * 1024
"""One line of it: a payload of 3 MiB, escaped. A longer one becomes an error of its batch."""
ANSWER_MS = 15 * 60_000
"""How long a request that is sent again gets the answer that the first one got."""
ONE_TIME_TOKEN_MS = 31 * 86_400_000
"""How long a used token is remembered: longer than it is valid."""
BULK_RUNS_MAX = 1_000_000
"""Where the count of a bulk action's runs stops."""
BULK_RUNS_PER_TICK = 50
BULK_ACTIONS_PER_TICK = 10
BULK_ACTIONS_PENDING_MAX = 20
"""Of one environment."""
BATCH_OPEN_MS = 86_400_000
"""How long a batch waits for its items."""
BATCH_KEY_MS = 30 * 86_400_000
"""How long the idempotency key of a batch names it."""
INBOX_MESSAGES_MAX = 10_000
"""Unread messages of one run; a further one is refused."""
MESSAGE_BYTES_MAX = 1024 * 1024
MESSAGE_KEY_MS = 24 * 3_600_000
"""How long a run that continues (`Continue`) remembers the keys of messages it received in earlier rounds."""
ALERT_CHARS_MAX = 2_000
"""A longer message of an alert is cut."""
CHANNELS_MAX = 100
"""Alert channels of one environment."""
CHANNEL_ADDRESSES_MAX = 20
"""Addresses of one e-mail channel."""
DELIVERIES_AT_ONCE = 32
"""Alerts that one server tells at the same time."""
DELIVERIES_OF_A_CHANNEL = 4
"""The same to one channel."""
DELIVERY_LEASE_MS = 60_000
"""A delivery that is under way for so long is tried by another server: the first was killed, or hangs."""
DELIVERY_LOOK_MS = 1_000
"""How often a server looks for deliveries that are due."""
LOG_CHARS_MAX = 32 * 1024
"""A longer log message is cut, and says so."""
LOGS_PER_RUN_MAX = 100_000
STREAM_PART_BYTES_MAX = 1024 * 1024
STREAM_BYTES_MAX = 300 * 1024 * 1024
ARTIFACT_BYTES_MAX = 64 * 1024 * 1024
UPLOAD_MS_MAX = 86_400_000
"""An object in the blob store that no commit came to refer to is removed after this."""
UPLOADS_AT_ONCE = 8
"""Objects on their way to the blob store: each is in memory meanwhile."""
FILE_PATH_BYTES_MAX = 1024
FILE_PART_BYTES_MAX = 16 * 1024 * 1024
"""A file is stored, sent and read in parts of up to this."""
FILE_PIECE_BYTES = 8 * 1024 * 1024
"""What we cut files into ourselves: equal bytes have an equal digest, whoever puts them."""
FILE_PARTS_MAX = 1_000
FILE_BYTES_MAX = 5 * 1024 * 1024 * 1024
FILES_MAX = 1_000_000
"""Files of one environment."""
FILES_BYTES_MAX = 1024 * 1024 * 1024 * 1024
"""All files of one environment, and uploads of payloads."""
FILE_OPEN_MS = 86_400_000
"""An upload that is not finished by then is removed, and so is a payload that was uploaded for a trigger."""
UPLOAD_BYTES_MAX = PAYLOAD_BYTES_MAX + 1024 * 1024
"""A payload that is uploaded for a trigger, with what its superjson says beside the value."""
FILE_GRACE_MS = 600_000
"""How long whoever reads a file can go on after it was replaced or removed."""
JOURNAL_ENTRIES_SOFT = 10_000
"""Past this a run gets a warning in its log, once."""
JOURNAL_ENTRIES_MAX = 50_000
"""Past this a run is parked: use `Continue` for endless loops."""
DEPTH_MAX = 32
"""Generations of child runs below a root."""
PRIORITY_S_MAX = 86_400
START_AT_MAX = 7_258_118_400_000
"""The latest start of a run, the year 2200: places in queues count in parts of a millisecond."""
NEVER_MS = 1 << 52
"""A time that does not come."""
DEBOUNCE_KEY_CHARS_MAX = 512
DEBOUNCE_MS_MIN = 1_000
MACHINE_CHARS_MAX = 128
QUEUE_LENGTH_MAX = 1_000_000
"""The largest `max_length`: a trigger counts up to it."""
QUEUE_LIMIT_MAX = 1_000_000_000
"""The largest concurrency, per-key bound, and attempts per period that a person sets for a queue."""
OVERRIDE_MS_MIN = 1_000
OVERRIDE_MS_MAX = 366 * 86_400_000
"""How long limits of a queue that a person sets for a while may last."""
ATTEMPTS_MAX = 1_000

CLAIM_RUNS_MAX = 512
TICK_ROWS_MAX = 1_000
"""Rows that one tick of a service may change."""
PAGE_ROWS_MAX = 1_000
FEED_SCAN_ROWS_MAX = 100_000
"""Changes that one look of a subscriber passes over."""
WATCHED_RUNS_MAX = 20_000
"""Runs of one tree in the state that a watcher starts from; more of them show with their next change."""
WRITER_INBOX_MAX = 100_000
WRITER_BATCH_MAX = 1_024
HOT_QUEUES_MAX = 10_000
"""Queues whose rows the writer keeps from one commit to the next; with more it reads them anew."""
HELD_SCAN_ROWS_MAX = 2_048
"""Queued runs of full keys that one claim may set aside."""

USAGE_NAME_CHARS_MAX = 128
USAGE_ITEMS_MAX = 200
"""Different things, by name and unit, that one run may count the usage of."""

LEASE_MS = 30_000
RENEW_MS = 5_000
TURNED_BACK_MAX_MS = 86_400_000
"""A clock that was turned back by less while no engine ran is made up for: a wrong zone, a wrong change of the clocks.
By more, it was wrong before, and its time is let go."""
EVICT_AFTER_MS = 60_000
SHUTDOWN_GRACE_MS = 10_000
EFFECT_FLUSH_MS = 50
MAX_DEATHS_ALONE = 3
ABANDONED_THREADS_MAX = 8
RETENTION_MS = 30 * 86_400_000
"""Finished root runs, with everything below them, are pruned after this."""

CRON_CHARS_MAX = 256
SCHEDULES_PER_TICK = 100
"""Schedules that are planned and written in one go."""
UPCOMING_TICKS = 5
"""Next times in a scheduled run's payload."""
ON_TIME_MS = 60_000
"""A tick that is less late than this is no missed one."""
CATCH_UP_RUNS_MAX = 100
"""Runs that `catch_up="all"` starts after a downtime: those of the newest ticks."""
BACKFILL_RUNS_MAX = 10_000
LIVE_LOOK_BACK_ROWS = 20
"""Newest ticks among which an overlap policy looks for a run that still lives."""
KEPT_LOOK_MS = 500
"""How often a tick that was kept back for its predecessor looks whether that has ended."""

VITALS_ROWS_MAX = 100_000
"""Where the counts of `/metrics` stop: runs of a queue, or in a state."""
VITALS_HEADS_MAX = 1_000
"""Runs at the head of a queue among which `/metrics` looks for the oldest."""
VITALS_QUEUES_MAX = 2_000
METRIC_QUEUES_MAX = 200
"""Queues with labels of their own in `/metrics`, the fullest; the others are told together."""

OUTBOX_ROWS = 500
"""Rows of an outbox that are carried out in one go."""
OUTBOX_BYTES = 16 * 1024 * 1024
"""The same in bytes: the row that passes it is the last."""
OUTBOX_LOOK_MS = 250
"""How often an outbox without rows is read."""
RELAYED_MS = 86_400_000
"""How long the engine remembers what it took from an outbox: a row that could not be deleted since counts as done."""
