"""The diagrams in the documentation are those of the code."""

from __future__ import annotations

import pytest

from runcast.design import diagrams
from runcast.domain.run import FINAL, LIVE, TRANSITIONS


def test_the_diagram_has_every_transition_that_is_not_common_to_all() -> None:
    drawn = diagrams.state_diagram()
    for (status, event), following in TRANSITIONS.items():
        if not all((live, event) in TRANSITIONS for live in LIVE):
            assert any(
                line.strip().startswith(f"{status} --> {following}:") and event.value.replace("_", " ") in line
                for line in drawn.splitlines()
            )


def test_no_arrow_leaves_a_final_status_except_to_the_end() -> None:
    for line in diagrams.state_diagram().splitlines():
        start, arrow, end = line.strip().partition(" --> ")
        if arrow and start in {status.value for status in FINAL}:
            assert end == "[*]"


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="state diagram"):
        diagrams.render("# Runs\n")
