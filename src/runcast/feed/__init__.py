"""Lets everyone watch: state first, then every change after it, in order."""
