"""The client for browsers and the hooks, as every server has them for pages without a bundler."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import Pages
from tests.dashboard.world import World

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><html lang="en"><title>Shop</title><p id="status"></p><p id="letter"></p>
<script type="module">
  import {{ Runcast }} from "{url}/runcast-client.js";
  const runcast = new Runcast({{ baseUrl: "{url}", token: "{token}" }});
  for await (const run of runcast.followRun("{run}")) document.getElementById("status").textContent = run.status;
</script></html>"""
HOOKS = """<!doctype html><html lang="en"><title>Shop</title><p id="names"></p>
<script type="importmap">{{ "imports": {{ "react": "data:text/javascript,{react}" }} }}</script>
<script type="module">
  import * as hooks from "{url}/runcast-react.js";
  document.getElementById("names").textContent = Object.keys(hooks).join(" ");
</script></html>"""
NAMES = "createContext createElement useCallback useContext useEffect useMemo useRef useState useSyncExternalStore"


def test_a_page_of_another_origin_without_a_bundler_follows_a_run(world: World, pages: Pages, tmp_path: Path) -> None:
    run_id = world.trigger("enrich_company", {"domain": "engines.example"})
    token = world.site.token(f"read:runs:{run_id}")
    shop = tmp_path / "shop.html"
    shop.write_text(PAGE.format(url=world.url, token=token, run=run_id))
    page = pages.open(shop.as_uri())
    expect(page.locator("#status")).to_have_text("COMPLETED")


def test_the_hooks_take_the_react_of_the_page(world: World, pages: Pages, tmp_path: Path) -> None:
    stand_in = f"export const [{','.join(NAMES.split())}] = Array(9).fill(() => ({{}}))"
    shop = tmp_path / "shop.html"
    shop.write_text(HOOKS.format(url=world.url, react=stand_in))
    page = pages.open(shop.as_uri())
    expect(page.locator("#names")).to_contain_text("useRunStream")
