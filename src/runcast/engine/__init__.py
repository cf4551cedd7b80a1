"""Decides and persists: one service per verb, meeting in stored facts."""
