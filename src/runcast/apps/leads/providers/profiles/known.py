"""The providers of profiles whose interfaces are documented: People Data Labs, Enrich Layer and Hunter."""

from __future__ import annotations

from runcast.apps.leads.contract import Outcome
from runcast.apps.leads.providers.profiles.api import ProfileApi

PDL_URL = "https://api.peopledatalabs.com"
PDL_SANDBOX_URL = "https://sandbox.api.peopledatalabs.com"
"""Free, with people who are made up."""
ENRICH_LAYER_URL = "https://enrichlayer.com/api/v2"
HUNTER_URL = "https://api.hunter.io/v2"

PDL = ProfileApi(
    name="pdl",
    title="People Data Labs",
    needs=("PDL_API_KEY",),
    # 404 is its word for "nobody", and free.
    statuses={404: Outcome.NO_MATCH},
    match="data",
    fields={
        "name": "data.full_name",
        "title": "data.job_title",
        "company": "data.job_company_name",
        "company_domain": "data.job_company_website",
        "location": "data.location_name | data.location_locality, data.location_region, data.location_country",
        "headline": "data.headline",
        "summary": "data.summary | data.job_summary",
    },
    facts={
        "email": "data.work_email",
        "role": "data.job_title_role",
        "seniority": "data.job_title_levels",
        "industry": "data.industry",
        "company_industry": "data.job_company_industry",
        "company_size": "data.job_company_size",
        "school": "data.education[0].school.name",
        "skills": "data.skills",
        "likelihood": "likelihood",
    },
    match_usd=0.28,
    credits_header="x-call-credits-spent",
    lowercase=True,
)

ENRICH_LAYER = ProfileApi(
    name="enrich_layer",
    title="Enrich Layer",
    needs=("ENRICHLAYER_API_KEY",),
    statuses={403: Outcome.OUT_OF_CREDITS, 404: Outcome.NO_MATCH, 410: Outcome.NO_MATCH},
    match="full_name | first_name",
    fields={
        "name": "full_name",
        "title": "occupation_title | experiences[0].title",
        "company": "experiences[0].company",
        "location": "city, state, country_full_name",
        "headline": "headline | occupation",
        "summary": "summary",
    },
    facts={"school": "education[0].school", "industry": "industry", "skills": "skills"},
    match_usd=None,
)

HUNTER = ProfileApi(
    name="hunter",
    title="Hunter",
    needs=("HUNTER_API_KEY",),
    # The other way round than everybody: 403 is its limit of requests, 429 says that the month's credits are used up. It
    # answers 451 for people who asked not to be found.
    statuses={403: Outcome.RATE_LIMITED, 404: Outcome.NO_MATCH, 429: Outcome.OUT_OF_CREDITS, 451: Outcome.NO_MATCH},
    match="data",
    fields={
        "name": "data.name.fullName",
        "title": "data.employment.title",
        "company": "data.employment.name",
        "company_domain": "data.employment.domain",
        "location": "data.location | data.geo.city, data.geo.state, data.geo.country",
        "summary": "data.bio",
    },
    facts={"email": "data.email", "role": "data.employment.role", "seniority": "data.employment.seniority"},
    match_usd=None,
)
