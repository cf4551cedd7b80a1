"""What lies in the blob store: nothing that a row refers to is given up, and nothing else stays for ever."""

from __future__ import annotations

import re
from functools import partial

import pytest

from runcast.domain.effect import EffectKind
from runcast.domain.errors import Unavailable
from runcast.domain.limits import UPLOAD_MS_MAX
from runcast.domain.outcome import Succeeded
from runcast.gateway import Assignment
from runcast.store import objects, prune, reads
from runcast.store.objects import KeptArtifact
from runcast.store.rows import ObjectRow
from tests.store.world import World

DIGEST = "ab" * 32


def _announce(db: World, run: Assignment, digest: str = DIGEST) -> objects.Place:
    place = db.run(partial(objects.announce, run.run_id, run.epoch, digest, db.now))
    assert place is not None
    return place


def _kept(place: objects.Place, number: int = 1) -> KeptArtifact:
    return KeptArtifact(
        EffectKind.ARTIFACT,
        "a",
        scope="s",
        number=number,
        content_type="text/plain",
        digest=DIGEST,
        object_key=place.key,
        size=7,
    )


def _doom(db: World) -> list[ObjectRow]:
    return db.run(partial(objects.doom, db.now, 100))


def _started(db: World) -> Assignment:
    db.worker()
    return db.start()


def test_an_artifact_says_where_its_bytes_are(db: World) -> None:
    run = _started(db)
    place = _announce(db, run)
    assert not place.kept
    db.report(run, effects=[_kept(place)])
    [artifact] = db.read(lambda: reads.artifacts(run.run_id))
    assert artifact.size == 7
    stored = db.read(lambda: reads.artifact(artifact.id))
    assert isinstance(stored, ObjectRow)
    assert (stored.key, stored.digest) == (place.key, DIGEST)


def test_the_same_bytes_of_a_run_are_one_object(db: World) -> None:
    run = _started(db)
    first = _announce(db, run)
    assert _announce(db, run) == first
    db.report(run, effects=[_kept(first, 1), _kept(first, 2)])
    assert _announce(db, run) == objects.Place(first.key, kept=True)
    assert len(db.read(lambda: reads.artifacts(run.run_id))) == 2


def test_two_runs_share_no_object(db: World) -> None:
    run = _started(db)
    assert _announce(db, run).key != _announce(db, db.start()).key


def test_an_id_that_somebody_chose_is_no_part_of_a_key() -> None:
    assert re.fullmatch(r"ab/[0-9a-f]{64}-[0-9a-f]{16}-5", objects._key("../../etc/passwd", DIGEST, 5))


def test_an_upload_that_no_commit_refers_to_is_given_up_by_age(db: World) -> None:
    run = _started(db)
    place = _announce(db, run)
    db.advance(UPLOAD_MS_MAX - 1)
    assert _doom(db) == []
    db.advance(1)
    [row] = _doom(db)
    assert row.key == place.key
    assert _doom(db) == [row], "until it is forgotten it is deleted again"
    db.run(lambda: objects.forget([row]))
    assert _doom(db) == []
    assert db.one("select count(*) from objects") == 0


def test_an_object_that_an_artifact_has_is_never_given_up(db: World) -> None:
    run = _started(db)
    db.report(run, effects=[_kept(_announce(db, run))])
    db.advance(100 * UPLOAD_MS_MAX)
    assert _doom(db) == []


def test_a_commit_that_comes_after_its_upload_was_given_up_is_refused_and_may_upload_again(db: World) -> None:
    run = _started(db)
    old = _announce(db, run)
    db.advance(UPLOAD_MS_MAX)
    gone = _doom(db)
    before = db.everything()
    with pytest.raises(Unavailable, match="given up"):
        db.report(run, effects=[_kept(old)])
    with pytest.raises(Unavailable, match="being removed"):
        _announce(db, run)
    assert db.everything() == before
    db.run(lambda: objects.forget(gone))
    again = _announce(db, run)
    assert again.key != old.key, "a deletion that is still on its way must not meet the new upload"
    db.run(lambda: objects.forget(gone))
    with pytest.raises(Unavailable, match="given up"):
        db.report(run, effects=[_kept(old)])
    db.report(run, effects=[_kept(again)])
    assert len(db.read(lambda: reads.artifacts(run.run_id))) == 1


def test_who_lost_the_run_announces_nothing(db: World) -> None:
    run = _started(db)
    assert db.run(partial(objects.announce, run.run_id, run.epoch + 1, DIGEST, db.now)) is None
    db.report(run, outcome=Succeeded("1"))
    assert db.run(partial(objects.announce, run.run_id, run.epoch, DIGEST, db.now)) is None
    assert db.one("select count(*) from objects") == 0


def test_retention_dooms_the_objects_of_what_it_removes(db: World) -> None:
    run, other = _started(db), db.start()
    for one in (run, other):
        db.report(one, effects=[_kept(_announce(db, one))])
    db.report(run, outcome=Succeeded("1"))
    db.advance(1)
    assert db.run(lambda: prune.prune(db.now)) == 1
    assert [row.run_id for row in _doom(db)] == [run.run_id]
