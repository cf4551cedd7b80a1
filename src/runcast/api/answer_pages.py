"""The page of one wait, for whoever has its address: without an account and without scripts, as mail programs open it."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

from runcast.api.context import Api
from runcast.domain.answer_address import answer_path
from runcast.domain.answer_form import AnswerForm, Field, FieldKind
from runcast.domain.journal import Wait

_FORM = "answer forms"
STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfc;--panel:#fff;--line:#cfd3db;--fg:#16181d;--fg2:#4b5161;--accent:#4f46e5;
--on:#fff;--ok:#0c7f57;--bad:#b3123d}
@media(prefers-color-scheme:dark){:root{--bg:#0f1114;--panel:#15181c;--line:#39404b;--fg:#eceef2;--fg2:#a9b0bd;
--accent:#8b8cf8;--on:#0f1114;--ok:#5fe0a0;--bad:#f4526a}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--bg);
color:var(--fg);font:16px/24px system-ui,sans-serif}
main{width:100%;max-width:560px;background:var(--panel);border:1px solid var(--line);border-radius:12px;padding:24px}
h1{font-size:20px;line-height:28px;margin:0 0 8px;overflow-wrap:anywhere}p{margin:8px 0;color:var(--fg2);
overflow-wrap:anywhere}.ok{color:var(--ok)}.bad{color:var(--bad)}form{margin-top:16px;display:grid;gap:16px}
label{display:grid;gap:4px;font-weight:500}label.flag{display:flex;gap:8px;align-items:center}
input,textarea,select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:6px;
padding:8px}input[type=checkbox]{width:20px;height:20px}textarea{min-height:88px;resize:vertical}
.buttons{display:flex;flex-wrap:wrap;gap:8px}button{font:inherit;font-weight:600;min-height:44px;padding:8px 20px;
border-radius:8px;border:1px solid var(--line);background:var(--panel);color:var(--fg);cursor:pointer}
button.first{background:var(--accent);border-color:var(--accent);color:var(--on)}button.refusal{color:var(--bad)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}pre{white-space:pre-wrap;overflow-wrap:anywhere}
""".strip()
_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-robots-tag": "noindex",
}


def answer_url(api: Api, wait_id: str) -> str:
    """Where a person answers. Whoever knows it may, so it goes only to who shall."""
    return f"{api.base_url}/{answer_path(api.secret, wait_id)}"


def came_from_form(api: Api, wait_id: str, seal: str) -> bool:
    """Whether a decision was sent from the page that this server showed, rather than to its bare address."""
    return api.secret.is_signed(_FORM, wait_id, seal)


def unknown_page() -> str:
    """For an address that was cut off, or whose wait is gone."""
    return _page("There is nothing to answer here", "<p>The address is incomplete, or what it asked was removed.</p>")


def wait_page(api: Api, wait: Wait, form: AnswerForm | None, *, task: str = "", problem: str = "") -> str:
    """The question with its form, or how it was decided. `problem`: what is wrong with what was sent."""
    title = wait.question or (f"{task} asks for a decision" if task else "A decision is asked for")
    parts = [f"<p>Asked by {html.escape(task)}, {_when(wait.created_at)}</p>" if task and wait.question else ""]
    if wait.status == "TIMED_OUT":
        parts.append(
            f"<p class=bad>Nobody answered by {_when(wait.completed_at)}. It can not be answered any more.</p>"
        )
    elif wait.completed_at is not None:
        parts.append(f"<p class=ok>Decided: <strong>{html.escape(_said(form, wait.value))}</strong>.</p>")
        parts.append(f"<p>{_when(wait.completed_at)}. The first answer counts.</p>")
    else:
        parts.append(f"<p>Answer by {_when(wait.due_at)}</p>" if wait.due_at is not None else "")
        parts.append(f"<p class=bad role=alert>{html.escape(problem)}</p>" if problem else "")
        parts.append(_form(form, api.secret.sign(_FORM, wait.id)))
    return _page(title, "".join(parts))


def _form(form: AnswerForm | None, seal: str) -> str:
    hidden = f'<input type=hidden name=seal value="{seal}">'
    if form is None:
        return (
            f"<form method=post>{hidden}<label>Answer (JSON)<textarea name=json required></textarea></label>"
            "<div class=buttons><button class=first>Send</button></div></form>"
        )
    fields = "".join(map(_field, form.fields))
    buttons = "".join(
        f'<button name=decision value={number} class="{_look(number, is_refusal=option.is_refusal)}">'
        f"{html.escape(option.label)}</button>"
        for number, option in enumerate(form.options)
    )
    return (
        f"<form method=post>{hidden}{fields}"
        f"<div class=buttons>{buttons or '<button class=first>Send</button>'}</div></form>"
    )


def _look(number: int, *, is_refusal: bool) -> str:
    if is_refusal:
        return "refusal"
    return "first" if number == 0 else ""


def _field(field: Field) -> str:
    label, name = html.escape(field.label), html.escape(f"field.{field.name}")
    needed = " required" if field.required else ""
    default = "" if field.default is None else html.escape(str(field.default))
    match field.kind:
        case FieldKind.FLAG:
            checked = " checked" if field.default is True else ""
            return f'<label class=flag><input type=checkbox name="{name}"{checked}>{label}</label>'
        case FieldKind.CHOICE:
            options = "".join(
                f'<option value="{html.escape(str(one.value))}"{" selected" if one.value == field.default else ""}>'
                f"{html.escape(one.label)}</option>"
                for one in field.options
            )
            # Nobody answers what they did not choose.
            nothing = "" if field.default is not None else "<option value=''>Choose…</option>"
            return f'<label>{label}<select name="{name}"{needed}>{nothing}{options}</select></label>'
        case FieldKind.TEXT:
            return f'<label>{label}<textarea name="{name}"{needed}>{default}</textarea></label>'
        case _:
            return f'<label>{label}<input type=number step=any name="{name}" value="{default}"{needed}></label>'


def _said(form: AnswerForm | None, value: str | None) -> str:
    """An answer by the name of its button, or as it is."""
    answer = json.loads(value or "null")
    decided = answer.get(form.decides, answer) if form and form.decides and isinstance(answer, dict) else answer
    for option in form.options if form else ():
        if option.value == decided and type(option.value) is type(decided):
            return option.label
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)[:2_000]


def _when(ms: int | None) -> str:
    moment = datetime.fromtimestamp((ms or 0) / 1000, UTC)
    return f"<time datetime={moment.isoformat()}>{moment:%d %B %Y, %H:%M} UTC</time>"


def _page(title: str, body: str) -> str:
    safe = html.escape(title)
    return (
        '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        '<meta name=robots content=noindex><link rel=icon href="data:,">'
        f"<title>{safe}</title><style>{STYLE}</style>"
        f"<main><h1>{safe}</h1>{body}</main></html>"
    )
