"""`--metrics`, and OTLP export, of real processes."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from runcast.sdk.otel.ids import trace_id
from tests.cli.project import Cli, project
from tests.cli.test_services import RUNCAST, Process, Start

APP = """
from runcast import logger, step, task

@step
async def greet(name: str) -> str:
    logger.info("greeting", name=name)
    return f"Hello {name}"

@task
async def hello(name: str) -> str:
    return await greet(name)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    started: list[Process] = []

    def run(*arguments: str, **environment: str) -> Process:
        started.append(Process(folder, *arguments, **environment))
        return started[-1]

    yield run
    for process in started:
        process.stop(signal.SIGKILL)


def trigger(folder: Path, *arguments: str) -> str:
    """Trigger and wait; the run's id."""
    command = [*RUNCAST, "trigger", "hello", '{"name": "Ada"}', "--follow", "--json", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RUNCAST_")}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split('"id":')[1].split('"')[1]


def read(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            f"{sample.name}{sorted(sample.labels.values())}": sample.value
            for family in families
            for sample in family.samples
        }


def test_metrics_of_a_server_need_no_file_and_say_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli: Cli = project(tmp_path, monkeypatch, capsys)
    said = cli("serve", "--metrics", "0.0.0.0:9464")
    assert said.code == 2
    assert "--metrics-public" in said.err
    said = cli("worker", "app.py", "--metrics", "127.0.0.1:9464")
    assert said.code == 2
    assert "runcast serve" in said.err


@pytest.mark.slow
def test_a_server_tells_its_numbers_where_it_says(folder: Path, start: Start) -> None:
    ready = start("serve", "app.py", "--json", "--metrics", "127.0.0.1:0").next("ready")
    trigger(folder)
    assert read(ready["metrics"])["runcast_runs_ended_total['completed']"] == 1


@pytest.mark.slow
def test_workers_on_a_shared_database_tell_what_they_did(folder: Path, start: Start, postgres: str) -> None:
    serve = start("serve", "--json", "--metrics", "127.0.0.1:0", RUNCAST_DATABASE=postgres).next("ready")
    worker = start("worker", "app.py", "--json", RUNCAST_METRICS="127.0.0.1:0", RUNCAST_DATABASE=postgres).next("ready")
    trigger(folder, "--database", postgres)
    numbers = read(worker["metrics"])
    assert numbers["runcast_runs_ended_total['completed']"] == 1
    assert numbers["runcast_workers['dev']"] == 1
    assert read(serve["metrics"])["runcast_runs_ended_total['completed']"] == 0


# --- OTLP


class Collector:
    """What an OpenTelemetry collector is sent over OTLP/HTTP."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                unpacked = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                collector.bodies[self.path].append(unpacked)
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self) -> dict[str, bytes]:
        """Names and trace ids."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies["/v1/traces"]]
        return {
            span.name: span.trace_id
            for request in requests for resource in request.resource_spans
            for scope in resource.scope_spans for span in scope.spans
        }  # fmt: skip

    def lines(self) -> list[str]:
        requests = [ExportLogsServiceRequest.FromString(body) for body in self.bodies["/v1/logs"]]
        return [
            record.body.string_value
            for request in requests for resource in request.resource_logs
            for scope in resource.scope_logs for record in scope.log_records
        ]  # fmt: skip


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "1"], ids=["in the server", "a process"])
def test_an_endpoint_in_the_environment_gets_spans_and_log_records(
    folder: Path, start: Start, collector: Collector, workers: str
) -> None:
    serve = start("serve", "app.py", "--workers", workers, "--json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    serve.next("ready")
    run_id = trigger(folder)
    assert serve.stop() == 0
    spans = collector.spans()
    assert sorted(spans) == ["greet", "hello", "hello attempt 1"]
    assert set(spans.values()) == {trace_id(run_id).to_bytes(16)}
    assert collector.lines() == ["greeting"]
