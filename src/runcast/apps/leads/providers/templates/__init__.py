"""Texts and pages from templates: real facts in clear sentences, and no sentence where a fact is missing."""
