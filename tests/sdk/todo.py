"""A tiny real extension: to-do items, each with a run that reminds of it, stored together or not at all."""

from __future__ import annotations

import msgspec

from runcast import Continue, Extension, Transaction, Tx, batch_trigger_in, step, task, transact, trigger_in


class Item(msgspec.Struct, frozen=True):
    id: str
    title: str
    run_id: str


@task
async def remind(title: str) -> str:
    return f"do {title}"


todo = Extension(
    "todo",
    tasks=[remind],
    topics=["items"],
    rows=[Item],
    migrations=[
        "create table app_todo_items (id text primary key, title text not null unique, run_id text not null);",
        "create index app_todo_items_run on app_todo_items (run_id);",
    ],
    queries="""
-- name: add_items
insert into app_todo_items (id, title, run_id) {values :rows};

-- name: items -> Item*
select id, title, run_id from app_todo_items order by title;

-- name: unreminded -> int
select count(*) from app_todo_items i where not exists (select 1 from runs where runs.id = i.run_id);
""",
)


@todo.transaction
def add(tx: Tx, title: str) -> Transaction[Item]:
    run_id = yield from trigger_in(tx, remind, title)
    item = Item(tx.new_id("item"), title, run_id)
    yield from tx.query("add_items", rows=[[item.id, item.title, item.run_id]])
    yield from tx.publish("items", item.id)
    return item


@todo.transaction
def add_two(tx: Tx, title: str) -> Transaction[list[Item]]:
    first = yield from add(tx, title)
    second = yield from add(tx, f"{title} again")
    return [first, second]


@todo.transaction
def add_and_fail(tx: Tx, title: str) -> Transaction[None]:
    yield from add(tx, title)
    raise ValueError("after all")


@todo.transaction
def add_all(tx: Tx, titles: list[str]) -> Transaction[list[Item]]:
    run_ids = yield from batch_trigger_in(tx.within("staging"), [remind.item(title) for title in titles])
    added = [Item(tx.new_id("item"), title, run_id) for title, run_id in zip(titles, run_ids, strict=True)]
    yield from tx.query("add_items", rows=[[item.id, item.title, item.run_id] for item in added])
    return added


@todo.reading
def items(tx: Tx) -> Transaction[list[Item]]:
    found: list[Item] = yield from tx.query("items")
    return found


@todo.reading
def unreminded(tx: Tx) -> Transaction[int]:
    count: int = yield from tx.query("unreminded")
    return count


async def fail_once(attempt: int) -> None:
    if attempt == 1:
        raise ValueError("the first attempt")


@task
async def plan(titles: list[str]) -> list[str]:
    from runcast import current_run

    added = [await transact(add, title) for title in titles]
    await step(fail_once)(current_run().attempt)
    return [item.title for item in added]


@task
async def add_each(titles: list[str]) -> str:
    """One in each round."""
    item = await transact(add, titles[0])
    if titles[1:]:
        raise Continue(titles[1:])
    return item.title
