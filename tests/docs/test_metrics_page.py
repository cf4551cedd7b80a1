"""`docs/operations/metrics.md` and the container section name what there is."""

from __future__ import annotations

import re
import subprocess

from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from tests.docs.snippets import ROOT
from tests.docs.test_operations import blocks
from tests.metrics.test_metrics import get, introduce, serving, trigger
from tests.packaging.test_container import compose, tool

PAGE = (ROOT / "docs" / "operations" / "metrics.md").read_text("utf-8")


async def test_the_page_lists_every_metric_with_its_type_and_labels() -> None:
    told = {
        (name, kind, tuple(sorted(re.findall(r"`(\w+)`", labels))))
        for name, kind, labels in re.findall(r"^\| `(runcast_\w+)` \| (\w+) \|([^|]*)\|", PAGE, re.MULTILINE)
    }
    async with serving(":memory:") as server:
        await introduce(server)
        await trigger(server)
        _, text = await get(server)
    there = set()
    for family in text_string_to_metric_families(text):
        if family.name.startswith("runcast_") and family.name != "runcast_info":
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            name = f"{family.name}_total" if family.type == "counter" else family.name
            there.add((name, family.type, tuple(sorted(labels))))
    limit = ("runcast_queue_concurrency_limit", "gauge", ())  # no queue has one here
    assert {metric for metric in told if metric[0] != limit[0]} == there - {limit}
    assert limit[0] in {name for name, *_ in told}


def test_other_pages_name_only_metrics_of_this_page() -> None:
    there = set(re.findall(r"^\| `(runcast_\w+)`", PAGE, re.MULTILINE))
    for page in (ROOT / "docs" / "operations").glob("*.md"):
        named = set(re.findall(r"\b(runcast_\w+)", page.read_text("utf-8"))) - {"runcast_outbox", "runcast_test"}
        unknown = {
            name for name in named if name not in there and re.sub(r"_(sum|count|bucket)$", "", name) not in there
        }
        assert unknown == set(), page.name


def test_the_rules_go_by_metrics_that_are_told() -> None:
    scrape, rules = (YAML(typ="safe").load(block) for block in blocks("metrics.md", "yaml"))
    expressions = " ".join(rule["expr"] for rule in rules["groups"][0]["rules"])
    for name in re.findall(r"runcast_\w+", expressions):
        assert f"`{name.removesuffix('_bucket')}`" in PAGE
    names = set(scrape["scrape_configs"][0]["dns_sd_configs"][0]["names"])
    assert names <= set(compose()["services"])


def test_the_image_that_is_built_upon_ours_is_well_formed() -> None:
    (dockerfile,) = blocks("deploy.md", "dockerfile")
    # DL3006: `runcast` is an image of one's own, without a tag.
    command = [tool("hadolint"), "--ignore", "DL3006", "-"]
    done = subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
