"""`runcast lint`: finds code that would do something else when a run is executed again."""

from __future__ import annotations

from runcast.lint.check import lint_file, lint_text
from runcast.lint.config import LintConfig, read_config
from runcast.lint.finding import Finding
from runcast.lint.paths import lint_paths
from runcast.lint.rules import RULES, Rule

__all__ = ["RULES", "Finding", "LintConfig", "Rule", "lint_file", "lint_paths", "lint_text", "read_config"]
