"""Writes the reference page of the settings from their one description."""

from __future__ import annotations

from runcast.design.reference import MADE
from runcast.settings import OTHER_VARIABLES, Setting, all_settings

_INTRO = """\
One table for files, environment and flags. In rising precedence:

1. the default;
2. your own file, `$XDG_CONFIG_HOME/runcast/runcast.toml` (`~/.config/runcast/runcast.toml`);
3. the project's: `runcast.toml`, or `[tool.runcast]` in `pyproject.toml`, in the current directory or the nearest above it
   (in one directory `runcast.toml` counts; a directory that everybody may write to ends the search);
4. the variable `RUNCAST_…`;
5. the flag of a command.

`runcast config` shows every setting, its value, and where it comes from. A name that does not exist is an error that says
what was probably meant; a `RUNCAST_…` variable that means nothing is told of by `runcast config`.

```toml
[tool.runcast]
app = "shop/tasks.py"
database = "var/runcast.db"
retention = "14d"
public_url = "https://runs.example.com"
```

Paths in a file are relative to the file. Durations are `"500ms"`, `"10s"`, `"1h30m"`, `"7d"`, or seconds. A list in a
variable has commas. Programs that only use the SDK read the same settings: a bare `trigger()` goes to the `url` or
`database` that stands here, the one that is named by the stronger source, and `url` where both are."""


def settings_page() -> str:
    """Every setting with its kind, default, variable and flag."""
    rows = [
        f"| `{setting.name}` | {setting.kind} | {_default(setting)} | `{setting.variable}` | {_code(setting.flag)} "
        f"| {setting.description} |"
        for setting in all_settings()
    ]
    others = [f"| `{name}` | {meaning} |" for name, meaning in OTHER_VARIABLES.items()]
    return "\n".join(
        [
            f"# Settings\n\n{MADE}\n\n{_INTRO}\n",
            "| setting | kind | default | variable | flag | |",
            "|---|---|---|---|---|---|",
            *rows,
            "\n## Other variables\n",
            "| variable | |",
            "|---|---|",
            *others,
            "| `NO_COLOR` | No colours. |",
            "| `COLUMNS` | The width of what is printed into a pipe; it is 160 otherwise. |",
            "",
        ]
    )


def _default(setting: Setting) -> str:
    shown = setting.show(setting.default)
    if shown in (None, "", []):
        return ""
    return _code(str(shown).lower() if isinstance(shown, bool) else str(shown))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
