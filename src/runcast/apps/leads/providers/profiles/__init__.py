"""Providers of profiles: who somebody is."""
