"""Leads: who somebody is, what is worth knowing, letters and a page for them; every step live, kept and repeatable."""
