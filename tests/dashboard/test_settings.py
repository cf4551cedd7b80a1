"""Settings in a real browser: keys that are shown once, people, variables, and what who may only read is not offered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from runcast.domain.access import NewPerson, Role
from runcast.sdk.fresh_ids import fresh_id
from tests.browser import Pages, find_faults
from tests.dashboard.operations import operations
from tests.dashboard.world import World, open_world

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery"
SECTIONS = ("me", "people", "keys", "tokens", "variables", "projects", "about")


@pytest.fixture
def office(dashboard: None) -> Iterator[World]:
    """Whoever opens it is an admin of this machine."""
    with open_world(operations()) as world:
        yield world


@pytest.fixture
def closed(dashboard: None) -> Iterator[World]:
    """Ada, an admin, and Victor, who may only read, sign in; nobody else gets in."""
    with open_world(operations(), local=False) as world:
        for name, role in (("ada", Role.ADMIN), ("victor", Role.VIEWER)):
            world.call(_let_in, world, f"{name}@example.com", role)
        yield world


async def _let_in(world: World, email: str, role: Role) -> None:
    from runcast.api.passwords import Passwords

    hashed = await Passwords().hash(PASSWORD)
    await world.site.engine.add_person(NewPerson(fresh_id("person"), email, hashed, role=role))


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_a_key_is_shown_once_rotated_and_revoked(office: World, pages: Pages) -> None:
    page = pages.open(f"{office.url}/settings/keys")
    page.get_by_role("button", name="Create key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("shop")
    dialog.get_by_label("Ends").select_option("30d")
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.get_by_text("it is not shown again")).to_be_visible()
    secret = dialog.locator("pre").inner_text()
    assert secret.startswith("tr_dev_sk_")
    dialog.get_by_role("button", name="Done").click()
    row = page.get_by_role("row", name="shop")
    expect(row).to_contain_text(f"…{secret[-4:]}")
    assert secret not in page.content()
    row.get_by_role("button", name="Actions for shop").click()
    page.get_by_role("menuitem", name="Rotate").click()
    page.get_by_role("button", name="Rotate key").click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text("tr_dev_sk_")
    page.get_by_role("button", name="Done").click()
    expect(row).to_have_count(2)
    row.first.get_by_role("button", name="Actions for shop").click()
    page.get_by_role("menuitem", name="Revoke").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(row.filter(has_text="revoked")).to_have_count(1)


def test_a_public_token_is_listed_and_ended(office: World, pages: Pages) -> None:
    page = pages.open(f"{office.url}/settings/tokens")
    page.get_by_label("Name").fill("share 17")
    page.get_by_role("button", name="Make token").click()
    row = page.get_by_role("row", name="share 17")
    expect(row).to_contain_text("read:runs")
    row.get_by_role("button", name="End the token share 17").click()
    expect(row).to_contain_text("ended")
    (token,) = office.get("/api/v1/auth/public-tokens")["data"]
    assert "revokedAt" in token


def test_variables_are_imported_hidden_and_deleted(office: World, pages: Pages) -> None:
    page = pages.open(f"{office.url}/settings/variables")
    page.get_by_role("button", name="Import .env").click()
    page.get_by_label("Variables").fill('# keys\nOPENAI_API_KEY=sk-1\nexport REGION="eu"')
    page.get_by_role("button", name="Import 2 variables").click()
    row = page.get_by_role("row", name="OPENAI_API_KEY")
    expect(row).to_contain_text("hidden")
    assert "sk-1" not in page.content()
    row.get_by_role("button", name="Delete OPENAI_API_KEY").click()
    expect(row).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    page.get_by_role("button", name="Add variable").click()
    page.get_by_label("Name").fill("STAGE")
    page.get_by_label("Value").fill("blue")
    page.get_by_label("Secret").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Add variable").click()
    expect(page.get_by_role("row", name="STAGE")).to_contain_text("blue")


def test_an_admin_lets_somebody_in_and_disables_them(closed: World, pages: Pages) -> None:
    pages.allow("401")
    page = pages.open(f"{closed.url}/settings/people")
    sign_in(page, "ada")
    page.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("grace@example.com")
    dialog.get_by_label("Role").select_option("operator")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Add person").click()
    row = page.get_by_role("row", name="grace@example.com")
    expect(row).to_contain_text("operator")
    sign_in(pages.open(f"{closed.url}/runs"), "grace")
    row.get_by_role("button", name="Actions for grace@example.com").click()
    page.get_by_role("menuitem", name="Disable").click()
    expect(row).to_contain_text("disabled")


def test_ones_own_password_is_changed(closed: World, pages: Pages) -> None:
    pages.allow("401")
    page = pages.open(f"{closed.url}/settings/me")
    sign_in(page, "victor")
    page.get_by_label("Current password").fill("a wrong one")
    page.get_by_label("New password").fill("another horse entirely")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The old password is wrong")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    sign_in(pages.open(f"{closed.url}/runs"), "victor", "another horse entirely")


def test_who_may_only_read_is_offered_nothing_else(closed: World, pages: Pages) -> None:
    pages.allow("401")
    admin = pages.open(f"{closed.url}/approvals")
    sign_in(admin, "ada")
    admin.evaluate(
        "() => fetch('/api/v1/tasks/spend/trigger', {method: 'POST', headers: {'content-type': 'application/json'}, body: '{\"payload\": {\"rows\": 1}}'})"
    )
    expect(admin.get_by_role("button", name="Approve")).to_be_visible()
    page = pages.open(f"{closed.url}/approvals")
    sign_in(page, "victor")
    expect(page.get_by_role("heading", name="Spend on 1 rows?")).to_be_visible()
    main = page.get_by_role("main")
    for path, gone in (
        ("approvals", ("Approve", "Reject", "Edit…")),
        ("queues/llm%2Feu", ("Pause", "Override limit")),
        ("schedules", ("New schedule", "Run sweep now", "Pause sweep")),
        ("settings/tokens", ("Make token",)),
    ):
        page.goto(f"{closed.url}/{path}")
        expect(main.get_by_role("heading").first).to_be_visible()
        for name in gone:
            expect(main.get_by_role("button", name=name)).to_have_count(0)
    areas = page.get_by_role("navigation", name="Settings")
    expect(areas.get_by_role("link", name="API keys")).to_have_count(0)
    page.goto(f"{closed.url}/settings/keys")
    expect(page.get_by_text("API keys are for admins")).to_be_visible()


def test_theme_and_zone_are_kept(office: World, pages: Pages) -> None:
    page = pages.open(f"{office.url}/settings")
    expect(page.get_by_text("Yours: Europe/Berlin")).to_be_visible()
    page.get_by_role("radio", name="Dark").check()
    page.get_by_label("UTC", exact=True).check()
    page.reload()
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    expect(page.get_by_text("UTC. Schedules always say")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_settings_keep_nobody_out(office: World, pages: Pages) -> None:
    office.post("/api/v1/projects/default/envvars/dev/import", {"variables": {"A_RATHER_LONG_NAME_OF_A_KEY": "x" * 90}})
    page = pages.open(f"{office.url}/settings")
    for section in SECTIONS:
        page.goto(f"{office.url}/settings/{section}")
        expect(page.get_by_role("main").get_by_role("heading", level=2).first).to_be_visible()
        assert find_faults(page, f"settings-{section}") == []
