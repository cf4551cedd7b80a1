# ruff: noqa: INP001, T201 - a script, not a package
"""Draws the README's pictures of the dashboard from a real server, a real run and a real browser: `make picture`.

A run is watched in both themes at once, and both are kept at the moment when its letter is half written.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

from runcast.domain.run import RunStatus
from tests.browser import THEMES, Pages, Theme, launched, settle
from tests.dashboard.world import open_world
from tools.picture_tasks import LAST_WORD, picture_tasks
from web.build import build

PICTURES = Path("docs/pictures")
VIEWPORT = ViewportSize(width=1320, height=780)
PANES = {"logs": 132, "inspector": 380}
"""Heights and widths in pixels, as whoever drags the lines between them leaves them."""
SCALE = 1.5
"""Sharp where the picture is shown at its full width, and still small."""
QUALITY = 82
BYTES_MAX = 150_000
BEFORE = 5
"""Runs that ended: what remains is told from three on."""
LEAD = {"person": "Ada Lovelace", "domain": "globex.example"}


def main() -> None:
    """Run a lead, look at it in both themes, and write what is seen."""
    build()
    with open_world(picture_tasks()) as world, launched() as browser:
        world.trigger("publish_post", {"title": "Our second workshop"})
        before = [world.trigger("enrich_lead", LEAD) for _ in range(BEFORE)]
        for run_id in before:
            world.until(run_id, RunStatus.COMPLETED)
        run_id = world.trigger("enrich_lead", {**LEAD, "pauses": True})
        pages = Pages(browser)
        shown = {theme: _open(pages, world.url, run_id, theme) for theme in THEMES}
        for page in shown.values():
            expect(page.locator("main")).to_contain_text(LAST_WORD)
        for theme, page in shown.items():
            _keep(page, PICTURES / f"run-{theme}.webp")
        pages.close()


def _open(pages: Pages, origin: str, run_id: str, theme: Theme) -> Page:
    sizes = [{"name": f"runcast.split.{pane}", "value": str(size)} for pane, size in PANES.items()]
    kept = {"cookies": [], "origins": [{"origin": origin, "localStorage": sizes}]}
    page = pages.open(
        f"{origin}/runs/{run_id}", theme=theme, viewport=VIEWPORT, device_scale_factor=SCALE, storage_state=kept
    )
    settle(page)
    return page


def _keep(page: Page, path: Path) -> None:
    # Playwright's own screenshots are PNG or JPEG: three times as large, or with shadows around the letters.
    seen = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    picture = base64.b64decode(seen["data"])
    if len(picture) > BYTES_MAX:
        sys.exit(f"{path} would have {len(picture)} bytes, more than {BYTES_MAX}: lower the quality or the scale")
    path.write_bytes(picture)
    print(f"wrote {path}, {len(picture) / 1024:.0f} KB")


if __name__ == "__main__":
    main()
