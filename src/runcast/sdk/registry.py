"""The tasks of a process: who has which name, and how an app file is loaded."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from runcast.domain.errors import DuplicateTask, InvalidInput, UnknownTask
from runcast.sdk.hooks import Hookable

if TYPE_CHECKING:
    from runcast.domain.alert import AlertRule
    from runcast.domain.queue import QueueSettings
    from runcast.sdk.task import TaskDefinition


class Registry:
    """Task definitions by name. `@task` adds to the one of the process; a worker takes them from there."""

    def __init__(self, hooks: Hookable[Any] | None = None) -> None:
        self._tasks: dict[str, TaskDefinition[..., Any]] = {}
        self._alerts: dict[str, AlertRule] = {}
        self.hooks: Hookable[Any] = hooks or Hookable()
        """Those of every task."""

    def add(self, definition: TaskDefinition[..., Any]) -> None:
        """Register a task. Raises `DuplicateTask` when another function has the name."""
        known = self._tasks.get(definition.name)
        if known is not None and not _replaces(definition, known):
            raise DuplicateTask(
                f"two tasks are named {definition.name!r}: {known.source} and {definition.source}; "
                "give one of them another name: @task(name=…)"
            )
        self._tasks[definition.name] = definition

    def find(self, name: str) -> TaskDefinition[..., Any] | None:
        return self._tasks.get(name)

    def get(self, name: str) -> TaskDefinition[..., Any]:
        """The task of that name; raises `UnknownTask`, with the names there are."""
        found = self._tasks.get(name)
        if found is None:
            known = ", ".join(sorted(self._tasks)[:20]) or "none"
            raise UnknownTask(f"no task {name!r} in this process (known: {known})")
        return found

    def __iter__(self) -> Iterator[TaskDefinition[..., Any]]:
        return iter(list(self._tasks.values()))

    def __len__(self) -> int:
        return len(self._tasks)

    def queue_settings(self) -> tuple[QueueSettings, ...]:
        """The limits of every `Queue` object that a task names."""
        from runcast.sdk.queues import Queue, same_settings

        return same_settings([task.queue for task in self if isinstance(task.queue, Queue)])

    def add_alert(self, rule: AlertRule) -> None:
        """Declare an alert; one of the same name is replaced. Raises `InvalidInput` when the same channel has two secrets."""
        from runcast.domain.alert import check_secrets

        others = [other for name, other in self._alerts.items() if name != rule.name]
        check_secrets([rule, *others])
        self._alerts[rule.name] = rule

    def alert_rules(self) -> tuple[AlertRule, ...]:
        """The alerts whose task is known here, and those that have none."""
        return tuple(rule for rule in self._alerts.values() if not rule.run or rule.run in self._tasks)

    def clear(self) -> None:
        """Forget all tasks and hooks, before an app is loaded anew."""
        self._tasks.clear()
        self._alerts.clear()
        self.hooks.clear_hooks()


registry = Registry()
"""The tasks that this process imported. The one piece of module state of the SDK: decorators have no other place."""


def _replaces(new: TaskDefinition[..., Any], known: TaskDefinition[..., Any]) -> bool:
    """Whether `new` is `known` defined again: the same line, a session's newer version, or another call's local."""
    if new.source == known.source or new.source.startswith("<"):
        return True
    new_home, _, new_local = new.fn.__qualname__.rpartition("<locals>.")
    known_home, _, known_local = known.fn.__qualname__.rpartition("<locals>.")
    both_local = bool(new_home and known_home and new_local and known_local)
    return both_local and (new.fn.__module__, new_home) != (known.fn.__module__, known_home)


def load_apps(targets: Iterable[str], *, home: Path | None = None) -> None:
    """Import apps; modules are looked for in the project `home` too, wherever the process was started."""
    if home is not None:
        _put_first_on_path(home)
    for target in targets:
        load_app(target)


def load_app(target: str) -> ModuleType:
    """Import the app of `runcast dev`: a file (`app.py`, `jobs/app.py`) or a module (`shop.jobs`).

    A file inside a package is imported under its full name, so that its own imports find the same module.
    """
    path = Path(target)
    if path.suffix == ".py" or path.is_file():
        return _load_file(path)
    _put_first_on_path(Path.cwd())
    try:
        return importlib.import_module(target)
    except ModuleNotFoundError as error:
        if error.name is not None and (target == error.name or target.startswith(f"{error.name}.")):
            raise InvalidInput(f"no app {target!r}: neither a file nor a module in {Path.cwd()}") from error
        raise


def _load_file(path: Path) -> ModuleType:
    file = path.resolve()
    if not file.is_file():
        raise InvalidInput(f"no app {str(path)!r}: there is no such file in {Path.cwd()}")
    home, name = file.parent, file.stem
    while (home / "__init__.py").is_file():
        home, name = home.parent, f"{home.name}.{name}"
    _put_first_on_path(home)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _put_first_on_path(directory: Path) -> None:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
