"""Which journal entries an exception comes from."""

from __future__ import annotations

from runcast.sdk.blame import blame, blamed_keys


def _blamed(key: str) -> ValueError:
    error = ValueError(key)
    blame(error, key)
    return error


def test_the_keys_of_causes_contexts_and_groups_are_found_once() -> None:
    top = RuntimeError("top")
    top.__context__ = _blamed("c")
    top.__context__.__cause__ = ExceptionGroup("both", [_blamed("a"), _blamed("b"), _blamed("a")])
    assert blamed_keys(top) == ("c", "a", "b")


def test_a_hidden_context_still_counts() -> None:
    friendly = RuntimeError("friendly")
    friendly.__context__ = _blamed("a")
    friendly.__suppress_context__ = True
    assert blamed_keys(friendly) == ("a",)


def test_the_first_note_stays() -> None:
    error = _blamed("near")
    blame(error, "far")
    assert blamed_keys(error) == ("near",)


def test_an_exception_without_keys_names_none() -> None:
    assert blamed_keys(ValueError()) == ()
