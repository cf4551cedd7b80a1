"""Functions that the rules know by their dotted path."""

from __future__ import annotations

TRIGGERS = frozenset(
    {
        "trigger",
        "trigger_and_wait",
        "batch_trigger",
        "batch_trigger_and_wait",
        "trigger_and_subscribe",
        "trigger_and_follow",
    }
)
"""Methods of a task that make a durable call in a body."""
LONE = frozenset({"trigger", "batch_trigger"})
"""Of those the ones whose record does not need anybody to wait: nothing is lost when nobody awaits them."""

DURABLE = frozenset(
    {
        "runcast.as_completed",
        "runcast.batch",
        "runcast.now",
        "runcast.random",
        "runcast.retrying",
        "runcast.select",
        "runcast.timeout",
        "runcast.transact",
        "runcast.uuid4",
        "runcast.wait.create_token",
        "runcast.wait.for_",
        "runcast.wait.for_token",
        "runcast.wait.until",
    }
)
VALUES = frozenset({"runcast.now", "runcast.random", "runcast.uuid4"})
"""Durable, but done at once: nobody awaits them."""
DURABLE_MODULES = ("runcast.inbox().", "runcast.Inbox().", "runcast.tasks.")
ALSO_IN_STEPS = frozenset({"runcast.retrying", "runcast.transact"})
"""Durable in a body, and allowed in a step, where the step's record is theirs."""
EFFECT_MODULES = ("runcast.artifacts.", "runcast.metadata.", "runcast.streams.", "runcast.tags.", "runcast.usage.")
EFFECTS = frozenset({"runcast.progress"})

TIME = frozenset(
    {
        "arrow.now",
        "arrow.utcnow",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "django.utils.timezone.now",
        "pendulum.now",
        "pendulum.today",
        "time.ctime",
        "time.gmtime",
        "time.localtime",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "time.time",
        "time.time_ns",
    }
)
TIME_WITHOUT_ARGUMENTS = frozenset({"time.ctime", "time.gmtime", "time.localtime"})
"""With an argument they convert, and read no clock."""

RANDOM = frozenset({"os.urandom", "random.SystemRandom", "uuid.uuid1", "uuid.uuid4"})
RANDOM_MODULES = ("random.", "secrets.", "numpy.random.")
SEEDED = frozenset({"random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "random.seed"})
"""With a seed they give the same numbers again."""
NOT_RANDOM = frozenset({"secrets.compare_digest", "random.getstate", "random.setstate", "numpy.random.seed"})

BLOCKING_IO = frozenset(
    {
        "builtins.input",
        "os.popen",
        "os.system",
        "psycopg.connect",
        "psycopg2.connect",
        "smtplib.SMTP",
        "smtplib.SMTP_SSL",
        "socket.create_connection",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.getoutput",
        "subprocess.run",
        "urllib.request.urlopen",
        "urllib.request.urlretrieve",
    }
)
"""Waits for the world, and the event loop with it."""
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "request")
BLOCKING_IO |= {f"{home}.{verb}" for home in ("requests", "httpx", "httpx2") for verb in _VERBS}
_BLOCKING_CLIENTS = ("requests.Session()", "httpx.Client()", "httpx2.Client()")
BLOCKING_IO |= {f"{client}.{verb}" for client in _BLOCKING_CLIENTS for verb in _VERBS} | {
    "httpx.stream",
    "httpx2.stream",
}

IO = BLOCKING_IO | {
    "aiofiles.open",
    "aiohttp.ClientSession",
    "aiohttp.request",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.open_connection",
    "asyncpg.connect",
    "asyncpg.create_pool",
    "boto3.client",
    "boto3.resource",
    "builtins.open",
    "httpx.AsyncClient",
    "httpx.Client",
    "httpx2.AsyncClient",
    "httpx2.Client",
    "io.open",
    "os.listdir",
    "os.makedirs",
    "os.mkdir",
    "os.open",
    "os.remove",
    "os.rename",
    "os.replace",
    "os.rmdir",
    "os.scandir",
    "os.unlink",
    "os.walk",
    "psycopg.AsyncConnection.connect",
    "requests.Session",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.move",
    "shutil.rmtree",
    "sqlite3.connect",
    "subprocess.Popen",
}
_PATH_METHODS = [
    "exists",
    "glob",
    "is_dir",
    "is_file",
    "iterdir",
    "mkdir",
    "open",
    "read_bytes",
    "read_text",
    "rename",
    "replace",
    "rglob",
    "rmdir",
    "stat",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
]
IO |= {f"pathlib.Path().{method}" for method in _PATH_METHODS}
IO |= {f"{home}.AsyncClient().{verb}" for home in ("httpx", "httpx2") for verb in _VERBS}

THREADS = frozenset({"asyncio.to_thread"})
"""Call their first argument on a thread."""
FIRST_COMPLETED = frozenset({"asyncio.as_completed", "asyncio.wait", "asyncio.wait_for"})
TIMEOUTS = frozenset({"asyncio.timeout", "asyncio.timeout_at"})
TASK_MAKERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
UNORDERED = frozenset({"builtins.frozenset", "builtins.set"})
KEEPS_ORDER = frozenset({"builtins.enumerate", "builtins.iter", "builtins.list", "builtins.map", "builtins.reversed"})
KEEPS_ORDER |= {"builtins.tuple", "builtins.zip", "builtins.filter", "builtins.dict.fromkeys", "itertools.chain"}
"""What they give is in the order of their arguments: none, for those of a set."""
MUTATORS = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "setdefault",
        "update",
    ]
)


def is_effect(path: str) -> bool:
    """True for what adds to a run."""
    return path in EFFECTS or path.startswith(EFFECT_MODULES)


def is_random(path: str, *, arguments: bool) -> bool:
    """True for a function whose result nobody can foresee."""
    if path in SEEDED:
        return not arguments and path != "random.seed"
    if path in RANDOM:
        return True
    return path.startswith(RANDOM_MODULES) and path not in NOT_RANDOM and "()" not in path


def is_time(path: str, *, arguments: bool) -> bool:
    """True for a function that reads a clock."""
    return path in TIME and not (arguments and path in TIME_WITHOUT_ARGUMENTS)
