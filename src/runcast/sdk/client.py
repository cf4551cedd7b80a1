"""`Client`: trigger, read, follow and steer runs from any process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, Unpack

import msgspec

from runcast.domain.access import NewToken, Revocation
from runcast.domain.alert import AlertEvent
from runcast.domain.effect import Artifact, Log, Part
from runcast.domain.errors import InvalidInput
from runcast.domain.ids import RunId
from runcast.domain.journal import Entry
from runcast.domain.message import Message
from runcast.domain.run import RunStatus
from runcast.domain.scopes import check_actions, parse_scopes
from runcast.domain.usage import RunUsage
from runcast.gateway import ClientGateway, Explanation, RunFilter, TaskInfo
from runcast.sdk import requests
from runcast.sdk.ambient import current_door, current_environment, door_to_database, door_to_url
from runcast.sdk.call import Call
from runcast.sdk.codec import decode_json, encode_json
from runcast.sdk.doors import Door, GatewayDoor
from runcast.sdk.durations import Duration, duration_ms
from runcast.sdk.files import Files
from runcast.sdk.follow import follow_tree
from runcast.sdk.fresh_ids import fresh_id
from runcast.sdk.handle import BatchHandle, RunHandle
from runcast.sdk.item import BatchItem
from runcast.sdk.live_queues import Queues
from runcast.sdk.messages import send_through
from runcast.sdk.options import OptionArguments, check_key, parse_options
from runcast.sdk.outside import Following
from runcast.sdk.runs import Runs
from runcast.sdk.schedules import Schedules
from runcast.sdk.snapshot import RunSnapshot
from runcast.sdk.task import TaskDefinition
from runcast.sdk.tasks import named_request
from runcast.sdk.topics import TopicChange, TopicFollower
from runcast.sdk.waits_of_client import WaitsOfClient

T = TypeVar("T")


class RunList(msgspec.Struct, frozen=True):
    """A page of runs, newest first; give `cursor` back for the next page (None: the end)."""

    runs: tuple[RunSnapshot[Any], ...]
    cursor: str | None


class Client(WaitsOfClient):
    """An engine as a program sees it. Every method returns a call: `await` it, or `.result()` in blocking code.

    `database` is a SQLite file: the server that owns it is asked, and a free file is opened for the request.
    Or `postgresql://user@host/name`: the program opens it beside the engines, and keeps it open.
    `url` is a running engine: the socket's file, `unix:///path`, or on another machine `tcp://host:port`,
    `tls://host:port` or (its HTTP API) `https://host`, with a `key` (or `RUNCAST_KEY`); several with commas are as good as
    each other. Without either:
    `RUNCAST_URL`, `RUNCAST_DATABASE`, `.runcast/runcast.db`.

    >>> async with Client() as client:  # doctest: +SKIP
    ...     run = await client.trigger("enrich", {"domain": "python.org"})
    ...     print(await run.result())

    A client asks the engine itself, also inside a run: what it does there is not journaled.
    """

    def __init__(
        self,
        database: str | Path | None = None,
        *,
        url: str | None = None,
        key: str | None = None,
        gateway: ClientGateway | None = None,
    ) -> None:
        if sum(given is not None for given in (database, url, gateway)) > 1:
            raise InvalidInput("a client has one of database, url and gateway")
        if key is not None and url is None:
            raise InvalidInput("a key belongs to a url: Client(url=…, key=…)")
        self._door = _choose_door(database, url, key, gateway)

    def _find_door(self) -> Door:
        return self._door

    def _handle(self, run_id: str) -> RunHandle[Any]:
        return RunHandle(RunId(run_id), door=self._find_door)

    # --- runs

    def trigger(
        self, task: str | TaskDefinition[..., Any], payload: Any = None, **options: Unpack[OptionArguments]
    ) -> Call[RunHandle[Any]]:
        """Trigger a task; the call ends when the run is on disk. `payload` is the object of its parameters."""
        return requests.trigger_through(self._find_door, named_request(task, payload, parse_options(**options)))

    def batch_trigger(
        self, task: str | TaskDefinition[..., Any], payloads: Iterable[Any], **options: Unpack[OptionArguments]
    ) -> Call[BatchHandle[Any]]:
        """Trigger a task many times in one transaction."""
        parsed = parse_options(**options)
        return requests.batch_through(self._find_door, [named_request(task, payload, parsed) for payload in payloads])

    def batch(self, items: Iterable[BatchItem[T]]) -> Call[BatchHandle[T]]:
        """Trigger runs of different tasks in one transaction, in order.

        >>> await client.batch([tasks.item("enrich", {"domain": "python.org"}), tasks.item("mail")])  # doctest: +SKIP
        """
        return requests.batch_through(self._find_door, [item.request for item in items])

    def retrieve(self, run_id: str) -> Call[RunSnapshot[Any]]:
        """A run as it is now. Raises `NotFound`."""
        return self._handle(run_id).fetch()

    def list(
        self,
        *,
        status: str | Sequence[str] = (),
        task: str | Sequence[str] = (),
        queue: str | Sequence[str] = (),
        tag: str | Sequence[str] = (),
        parent: str | None = None,
        root: str | None = None,
        batch: str | None = None,
        roots_only: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Call[RunList]:
        """Runs, newest first. Several values of one filter mean any of them."""
        filter = RunFilter(
            status=tuple(_check_status(one) for one in _several(status)),
            task=_several(task),
            queue=_several(queue),
            tag=_several(tag),
            parent_id=RunId(parent) if parent else None,
            root_id=RunId(root) if root else None,
            batch_id=batch,
            roots_only=roots_only,
        )

        async def ask(gateway: ClientGateway) -> RunList:
            page = await gateway.list_runs(filter, cursor=cursor, limit=limit)
            return RunList(tuple(RunSnapshot(run, decode_json) for run in page.runs), page.cursor)

        return self._door.call(ask)

    def cancel(self, *run_ids: str, force: bool = False) -> Call[Sequence[RunId]]:
        """Cancel runs and their live children; those of the given that were live.

        `force`: do not wait for bodies that go on after their cancel. Their slots are free at once, and those runs are among the
        answer, too; what the bodies still do is not recorded.

        >>> await client.cancel(run.id, force=True)  # doctest: +SKIP
        ['run_06evd7q5mkz1nsy3c81ht']
        """
        return self._door.call(lambda gateway: gateway.cancel([RunId(id) for id in run_ids], force=force))

    def reschedule(self, run_id: str, *, delay: Duration | datetime) -> Call[RunSnapshot[Any]]:
        """Let a delayed run start after another `delay`, from now, or at another time; its ttl moves with it.

        Raises `Conflict` for a run that is not delayed or has started.
        """
        return self._handle(run_id).reschedule(delay=delay)

    def replay(self, run_id: str, payload: Any = None) -> Call[RunHandle[Any]]:
        """A new run of the same task, from the start, with the same payload or another."""
        text = None if payload is None else encode_json(payload, what="payload")
        new_id = RunId(fresh_id("run"))

        async def ask(gateway: ClientGateway) -> RunHandle[Any]:
            return self._handle((await gateway.replay(RunId(run_id), new_id, payload=text)).id)

        return self._door.call(ask)

    def resume(self, run_id: str) -> Call[RunHandle[Any]]:
        """Go on with a failed run where it was, as a new run; a parked run goes on itself. Else `Conflict`."""
        new_id = RunId(fresh_id("run"))

        async def ask(gateway: ClientGateway) -> RunHandle[Any]:
            return self._handle((await gateway.resume(RunId(run_id), new_id)).id)

        return self._door.call(ask)

    def fork(self, run_id: str, *, from_step: str, payload: Any = None) -> Call[RunHandle[Any]]:
        """A new run that takes over what the run did before `from_step`, and does the rest itself.

        `from_step` is a journal key, or the name of the only step, child or wait of that name. With another `payload`
        what was recorded stands, whatever it was called with. Raises `NotFound`.
        """
        text = None if payload is None else encode_json(payload, what="payload")
        new_id = RunId(fresh_id("run"))

        async def ask(gateway: ClientGateway) -> RunHandle[Any]:
            forked = await gateway.fork(RunId(run_id), new_id, from_key=from_step, payload=text)
            return self._handle(forked.id)

        return self._door.call(ask)

    def send(self, run_id: str, inbox: str, message: Any, *, key: str | None = None) -> Call[Message]:
        """Send to an inbox of a run; two messages of one `key` are one. `Conflict` when the run has ended.

        >>> await client.send(run.id, "approvals", True)  # doctest: +SKIP
        """
        text = encode_json(message, what=f"message to inbox {inbox!r}")
        return send_through(self._door, run_id, inbox, text, key=check_key(key, "key"))

    def messages(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Call[Sequence[Message]]:
        """What the run was sent, after a `seq`, in order; `received` says whether its body has it."""
        return self._door.call(lambda gateway: gateway.messages(RunId(run_id), after=after, limit=limit))

    def result(self, run_id: str, *, timeout: Duration | None = None) -> Call[Any]:
        """The output, once the run has ended. Raises `TaskFailed`, or `TimeoutError` after `timeout` (`"30s"`, or seconds)."""
        return self._handle(run_id).wait_result(timeout=timeout)

    # --- watching

    def follow(self, run_id: str) -> Following[RunSnapshot[Any]]:
        """The run now, and after every change, until it has ended: `for` or `async for`."""
        return self._handle(run_id).follow()

    def follow_tree(self, root_id: str) -> Following[RunSnapshot[Any]]:
        """Every run below a root, and the root itself, now and after every change, until the root has ended."""
        return self._door.follow(lambda: follow_tree(RunId(root_id), decode_json).updates)

    def alerts(self, *, before: int | None = None, limit: int = 100) -> Call[Sequence[AlertEvent]]:
        """What alerts were raised, newest first."""
        return self._door.call(lambda gateway: gateway.alerts(before=before, limit=limit))

    def follow_topic(self, topic: str) -> Following[TopicChange]:
        """Changes of an extension's topic, such as `todo.items`, for ever. The first says: read everything."""
        return self._door.follow(lambda: TopicFollower(topic).updates)

    def logs(self, run_id: str, *, after: int = 0, limit: int = 1000) -> Call[Sequence[Log]]:
        """Log lines after a `seq`, in order."""
        return self._door.call(lambda gateway: gateway.logs(RunId(run_id), after=after, limit=limit))

    def parts(self, run_id: str, stream: str, *, after: int = -1, limit: int = 1000) -> Call[Sequence[Part]]:
        """Parts of a stream after a `seq`, in order; `value` is JSON text."""
        return self._door.call(lambda gateway: gateway.parts(RunId(run_id), stream, after=after, limit=limit))

    def artifacts(self, run_id: str) -> Call[Sequence[Artifact]]:
        """What the run stored for people to look at."""
        return self._door.call(lambda gateway: gateway.artifacts(RunId(run_id)))

    def usage(self, run_id: str) -> Call[RunUsage]:
        """What a run used and what that cost, by itself and with everything below it."""
        return self._door.call(lambda gateway: gateway.usage(RunId(run_id)))

    def artifact(self, artifact_id: str) -> Call[bytes]:
        """The content of an artifact. Raises `NotFound`."""
        return self._door.call(lambda gateway: gateway.artifact(artifact_id))

    def journal(self, run_id: str) -> Call[Sequence[Entry]]:
        """What the run recorded, in order."""
        return self._door.call(lambda gateway: gateway.journal(RunId(run_id)))

    def why(self, run_id: str) -> Call[Explanation]:
        """Why a run is not running."""
        return self._door.call(lambda gateway: gateway.why(RunId(run_id)))

    # --- tokens, variables

    def create_public_token(
        self,
        *scopes: str,
        expires: Duration = "1h",
        once: bool = False,
        name: str = "",
        environment: str | None = None,
    ) -> Call[str]:
        """A token for a browser: it may do what the scopes say, in one environment, until it expires (within 30 days).
        `once`: it is good for one trigger. `name`: what it is for; `revoke_public_tokens` ends those of a name.

        >>> token = await client.create_public_token(f"read:runs:{run.id}", expires="15m")  # doctest: +SKIP
        """
        check_actions(parse_scopes(scopes))
        lifetime_ms = duration_ms(expires, name="expires")
        where = environment or current_environment()
        new = NewToken(fresh_id("token"), scopes, where, lifetime_ms, once=once, name=name)
        return self._door.call(lambda gateway: gateway.create_public_token(new))

    def revoke_public_token(self, token: str, *, environment: str | None = None) -> Call[int]:
        """End one before its time: the token itself, or its id. How many admitted until now; `NotFound` for an id of none.

        Through the server that is asked at once, through others within two seconds.

        >>> await client.revoke_public_token(token)  # doctest: +SKIP
        1
        """
        where = environment or current_environment()
        which = Revocation(where, token=token) if "." in token else Revocation(where, id=token)
        return self._door.call(lambda gateway: gateway.revoke_public_tokens(which))

    def revoke_public_tokens(self, name: str, *, environment: str | None = None) -> Call[int]:
        """End every one that was made with this `name=`. How many admitted until now.

        >>> await client.revoke_public_tokens("share 17")  # doctest: +SKIP
        3
        """
        which = Revocation(environment or current_environment(), name=name)
        return self._door.call(lambda gateway: gateway.revoke_public_tokens(which))

    def variable_names(self, *, environment: str | None = None) -> Call[Sequence[str]]:
        """The names of the environment variables that workers of an environment are given.

        >>> "SLACK_KEY" in await client.variable_names()  # doctest: +SKIP
        True
        """
        where = environment or current_environment()

        async def ask(gateway: ClientGateway) -> Sequence[str]:
            return sorted(await gateway.variables(where))

        return self._door.call(ask)

    # --- tasks and queues

    @property
    def runs(self) -> Runs:
        """Live updates of runs: `async for update in client.runs.subscribe(run_id)`."""
        return Runs(self._find_door)

    @property
    def queues(self) -> Queues:
        """The engine's queues: `await client.queues.pause("web")`."""
        return Queues(self._find_door)

    def tasks(self) -> Call[Sequence[TaskInfo]]:
        """The tasks that workers have declared."""
        return self._door.call(lambda gateway: gateway.tasks())

    @property
    def schedules(self) -> Schedules:
        """The engine's schedules: `await client.schedules.create(weekly, cron="0 9 * * 1")`."""
        return Schedules(self._find_door)

    # --- files

    @property
    def files(self) -> Files:
        """The engine's files: `await client.files.put("reports/may.pdf", pdf)`."""
        return Files(self._find_door)

    # --- its end

    async def close(self) -> None:
        """Close the connection; the next call opens it again."""
        await self._door.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        """A connection is the process's, not the block's; it is closed at exit."""


def _choose_door(database: str | Path | None, url: str | None, key: str | None, gateway: ClientGateway | None) -> Door:
    if gateway is not None:
        return GatewayDoor(gateway)
    if url is not None:
        return door_to_url(url, key=key)
    return current_door() if database is None else door_to_database(database)


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_status(status: str) -> str:
    if status not in RunStatus.__members__:
        raise InvalidInput(f"no status {status!r} (statuses: {', '.join(RunStatus.__members__)})")
    return status
