"""The report of a lead: one page that needs nothing else, or the same as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

import msgspec

from runcast.apps.leads.rows import AssetContent
from runcast.apps.leads.views import LeadDetail, StepView

_STYLE = """
:root{color-scheme:light dark;--fg:#16181d;--dim:#667085;--line:#e4e6eb;--bg:#fff;--sunken:#f4f5f7}
@media (prefers-color-scheme:dark){:root{--fg:#eceef2;--dim:#8b93a3;--line:#262b33;--bg:#0f1114;--sunken:#15181c}}
body{font:15px/1.55 system-ui,sans-serif;max-width:820px;margin:40px auto;padding:0 20px;color:var(--fg);background:var(--bg)}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 10px}h3{font-size:15px;margin:20px 0 6px}
p.dim,td.dim,footer{color:var(--dim)}a{color:inherit}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:7px 10px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:500;color:var(--dim);white-space:nowrap}td{overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--sunken);border:1px solid var(--line);border-radius:8px;padding:14px;font:inherit}
pre.code{font:13px/1.5 ui-monospace,monospace}
iframe{width:100%;height:640px;border:1px solid var(--line);border-radius:8px;background:#fff}
footer{margin:48px 0;font-size:13px}
@media print{iframe{height:1000px}body{margin:0 auto}}
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
_MARKS = {"done": "✓", "failed": "✗", "running": "◐", "waiting": "⏸", "canceled": "⊘", "pending": "○"}
_NOTE = "Texts were written by software from what is shown here: check them before you send them."
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


class Report(msgspec.Struct, frozen=True):
    """A lead and everything that was made, as JSON."""

    lead: LeadDetail
    contents: dict[str, str]
    """By name of the asset."""


def json_report(lead: LeadDetail, assets: Sequence[AssetContent]) -> bytes:
    report = Report(lead, {asset.name: asset.content for asset in assets})
    return msgspec.json.format(msgspec.json.encode(report), indent=2)


def csv_report(leads: Iterable[LeadDetail]) -> str:
    """A row for each step of each lead.

    >>> csv_report([]).strip()
    'lead,linkedin_url,name,title,company,status,step,step_status,started,finished,seconds,cost_usd,detail'
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [
            "lead",
            "linkedin_url",
            "name",
            "title",
            "company",
            "status",
            "step",
            "step_status",
            "started",
            "finished",
            "seconds",
            "cost_usd",
            "detail",
        ]
    )
    for lead in leads:
        for step in lead.steps:
            row = [lead.id, lead.linkedin_url, lead.name, lead.title, lead.company, lead.status, step.title]
            times = [_iso(step.started), _iso(step.finished), _seconds(step)]
            cost = "" if step.cost_usd is None else f"{step.cost_usd:.6f}"
            writer.writerow([_inert(str(cell)) for cell in [*row, step.status, *times, cost, step.detail]])
    return out.getvalue()


def _inert(cell: str) -> str:
    """No spreadsheet takes it for a formula: what people call themselves is not ours.

    >>> _inert("=1+1"), _inert("  @sum(a1)"), _inert("Ada")
    ("'=1+1", "'  @sum(a1)", 'Ada')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def html_report(lead: LeadDetail, assets: Sequence[AssetContent]) -> str:
    """A page that loads nothing and runs nothing; whatever was made is shown as text, or in a frame without rights."""
    name = lead.name or lead.slug
    parts = [
        f"<h1>{escape(name)}</h1>",
        f'<p class="dim">{escape(", ".join(part for part in (lead.title, lead.company) if part))}</p>',
        _facts(lead),
        "<h2>Steps</h2>",
        _timeline(lead.steps),
        *(_shown(asset) for asset in assets),
        f"<footer>Lead {escape(lead.id)}, run {escape(lead.trigger_run_id)}. {_NOTE}</footer>",
    ]
    return _PAGE.format(title=escape(f"{name} – lead report"), style=_STYLE, body="\n".join(parts))


def _facts(lead: LeadDetail) -> str:
    rows = [
        ("Client", lead.client.name),
        ("LinkedIn", lead.linkedin_url),
        ("Status", str(lead.status)),
        ("Made", _iso(lead.created_at)),
        ("Finished", _iso(lead.finished_at)),
        ("Cost", f"${lead.cost_usd:.4f}"),
        *([("Error", lead.error.message)] if lead.error else []),
    ]
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows if value)
    return f"<table>{cells}</table>"


def _timeline(steps: Iterable[StepView]) -> str:
    rows = "".join(
        f"<tr><td>{_MARKS.get(step.status, '')}</td><td>{escape(step.title)}</td><td>{escape(step.status)}</td>"
        f'<td class="dim">{escape(step.detail)}</td><td class="dim">{escape(_seconds(step))}'
        f"{' s' if _seconds(step) else ''}</td></tr>"
        for step in steps
    )
    return f"<table>{rows}</table>"


def _shown(asset: AssetContent) -> str:
    title = f"<h2>{escape(asset.title or asset.name)}</h2>"
    if asset.kind == "page":
        return f'{title}<iframe sandbox title="Landing page" srcdoc="{escape(asset.content)}"></iframe>'
    kind = ' class="code"' if asset.kind == "profile" else ""
    text = asset.content.removeprefix(f"# {asset.title}\n\n") if asset.kind == "email" else asset.content
    return f"{title}<pre{kind}>{escape(text)}</pre>"


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(step: StepView) -> str:
    if step.started is None or step.finished is None:
        return ""
    return f"{(step.finished - step.started).total_seconds():.1f}"
