"""Reads the code to write and check its documentation; nothing imports it."""
