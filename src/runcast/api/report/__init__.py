"""Reports: a run with everything that happened in it, for people and programs that have no server at hand."""

from runcast.api.report.gather import Report, gather
from runcast.api.report.page import POLICY, write_page
from runcast.api.report.sheet import write_sheet

__all__ = ["POLICY", "Report", "gather", "write_page", "write_sheet"]
