"""People Data Labs, Enrich Layer and Hunter, as their documentation describes them; each knows Ada Lovelace."""

from __future__ import annotations

from tests.leads.fakes.server import Asked, Reply

KEY = "key-of-a-test"


def people_data_labs(asked: Asked) -> Reply:
    if asked.headers.get("x-api-key") != KEY:
        return pdl_error(401, "authentication_error", "Invalid API Key")
    if asked.path != "/v5/person/enrich" or "profile" not in asked.query:
        return pdl_error(400, "invalid_request_error", "Request contained one or more invalid parameters")
    if asked.query["profile"] != "linkedin.com/in/ada-lovelace":
        return pdl_error(404, "not_found", "No records were found matching your request")
    person = {
        "full_name": "ada lovelace",
        "job_title": "chief engineer",
        "job_title_role": "engineering",
        "job_title_levels": ["cxo"],
        "job_company_name": "analytical engines",
        "job_company_website": "analytical.example",
        "location_name": "london, england, united kingdom",
        # What the plan does not include is only said to exist.
        "work_email": True,
        "phone_numbers": True,
        "linkedin_url": "linkedin.com/in/ada-lovelace",
    }
    headers = {"x-call-credits-spent": "1", "x-ratelimit-remaining": "99"}
    return Reply(200, {"status": 200, "likelihood": 9, "data": person}, headers)


def pdl_error(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, {"status": status, "error": {"type": kind, "message": message}}, headers or {})


def hunter(asked: Asked) -> Reply:
    if asked.headers.get("x-api-key") != KEY:
        return hunter_error(401, "authentication_failed", "No user found for the API key supplied")
    if asked.path != "/people/find" or asked.query.get("linkedin_handle") != "ada-lovelace":
        return hunter_error(404, "not_found", "The person could not be found")
    person = {
        "name": {"fullName": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace"},
        "email": "ada@analytical.example",
        "geo": {"city": "London", "state": None, "country": "United Kingdom"},
        "employment": {"domain": "analytical.example", "name": "Analytical Engines", "title": "Chief Engineer"},
        "linkedin": {"handle": "ada-lovelace"},
    }
    return Reply(200, {"data": person, "meta": {"email": "ada@analytical.example"}})


def hunter_error(status: int, code: str, details: str) -> Reply:
    return Reply(status, {"errors": [{"id": code, "code": status, "details": details}]})


def enrich_layer(asked: Asked) -> Reply:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return Reply(401, {"code": 401, "description": "Invalid API key", "name": "Unauthorized"})
    if not asked.query.get("profile_url", "").rstrip("/").endswith("/in/ada-lovelace"):
        return Reply(404, {"code": 404, "description": "Person profile does not exist", "name": "Not Found"})
    return Reply(
        200,
        {
            "public_identifier": "ada-lovelace",
            "full_name": "Ada Lovelace",
            "headline": "Chief Engineer at Analytical Engines",
            "summary": None,
            "city": "London",
            "state": None,
            "country_full_name": "United Kingdom",
            "experiences": [{"title": "Chief Engineer", "company": "Analytical Engines", "ends_at": None}],
            "education": [{"school": "Private lessons"}],
        },
    )
