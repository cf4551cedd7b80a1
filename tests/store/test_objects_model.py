"""Random uploads, commits, crashes, removals and late deletions: an artifact has its bytes, and nothing else stays."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest

from runcast.domain.effect import EffectKind
from runcast.domain.errors import Unavailable
from runcast.domain.limits import UPLOAD_MS_MAX
from runcast.domain.outcome import Succeeded
from runcast.gateway import Assignment
from runcast.store import objects, prune
from runcast.store.objects import KeptArtifact
from runcast.store.rows import ObjectRow
from tests.store.houses import SqliteHouse
from tests.store.world import World

STEPS = 120
DIGESTS = [f"{number}{number}" * 32 for number in range(3)]


class Play:
    """A database, a blob store that is a set of names, and who is in the middle of something."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.db = World(SqliteHouse(":memory:"))
        self.db.worker()
        self.bucket: set[str] = set()
        self.runs: list[Assignment] = [self.db.start()]
        self.uploads: list[tuple[Assignment, str, str]] = []
        """Announced, not in the bucket yet: run, digest, key."""
        self.uploaded: list[tuple[Assignment, str, str]] = []
        self.doomed: list[list[ObjectRow]] = []
        self.deleted: list[list[ObjectRow]] = []
        self.late: set[str] = set()
        """What an upload that stood still for a day may have left behind, after its deletion."""
        self.numbers = 0

    def start(self) -> None:
        if len(self.runs) < 4:
            self.runs.append(self.db.start())

    def announce(self) -> None:
        run, digest = self.random.choice(self.runs), self.random.choice(DIGESTS)
        try:
            place = self.db.run(partial(objects.announce, run.run_id, run.epoch, digest, self.db.now))
        except Unavailable:
            return
        if place is not None and place.kept:
            self.uploaded.append((run, digest, place.key))
        elif place is not None:
            self.uploads.append((run, digest, place.key))

    def upload(self) -> None:
        if self.uploads:
            run, digest, key = self.uploads.pop(self.random.randrange(len(self.uploads)))
            if not self.db.sql("select 1 from objects where key = ? and doomed = 0", key):
                self.late.add(key)
            self.bucket.add(key)
            self.uploaded.append((run, digest, key))

    def commit(self) -> None:
        if self.uploaded:
            run, digest, key = self.uploaded.pop(self.random.randrange(len(self.uploaded)))
            self.numbers += 1
            effect = KeptArtifact(
                EffectKind.ARTIFACT, "a", scope="s", number=self.numbers, digest=digest, object_key=key, size=1
            )
            self.committed(run, effect)

    def committed(self, run: Assignment, effect: KeptArtifact) -> None:
        known = self.db.sql("select 1 from objects where key = ? and doomed = 0", effect.object_key)
        ended = run not in self.runs
        try:
            self.db.report(run, effects=[effect])
        except Unavailable:
            assert not known
        else:
            assert known or ended

    def crash(self) -> None:
        """Whoever was about to upload, commit, delete or forget does not."""
        for pending in (self.uploads, self.uploaded, self.doomed, self.deleted):
            pending.clear()

    def doom(self) -> None:
        rows = self.db.run(partial(objects.doom, self.db.now, self.random.randint(1, 4)))
        if rows:
            self.doomed.append(rows)

    def delete(self) -> None:
        if self.doomed:
            rows = self.random.choice(self.doomed)
            self.bucket -= {row.key for row in rows}
            self.deleted.append(rows)
            if self.random.random() < 0.7:  # else the same deletion happens again, at any later time
                self.doomed.remove(rows)

    def forget(self) -> None:
        if self.deleted:
            rows = self.deleted.pop(self.random.randrange(len(self.deleted)))
            self.db.run(partial(objects.forget, rows))

    def end(self) -> None:
        if len(self.runs) > 1:
            self.db.report(self.runs.pop(self.random.randrange(len(self.runs))), outcome=Succeeded("1"))
            self.db.advance(1)
            self.db.run(partial(prune.prune, self.db.now))

    def pause(self) -> None:
        self.db.advance(self.random.choice([1, UPLOAD_MS_MAX // 2, UPLOAD_MS_MAX]))

    def referred(self) -> set[str]:
        rows = self.db.sql(
            "select o.key from artifacts a join objects o on o.run_id = a.run_id and o.digest = a.digest"
        )
        assert len(rows) == self.db.one("select count(*) from artifacts")
        return {key for (key,) in rows}

    def clean_up(self) -> None:
        """A removal that nothing disturbs."""
        self.crash()
        self.db.advance(UPLOAD_MS_MAX)
        while rows := self.db.run(partial(objects.doom, self.db.now, 5)):
            self.bucket -= {row.key for row in rows}
            self.db.run(partial(objects.forget, rows))


@pytest.mark.parametrize("seed", [*range(40), 152])
def test_an_artifact_always_has_its_bytes_and_in_the_end_nothing_else_is_there(seed: int) -> None:
    play = Play(Random(seed))
    moves = [play.start, *[play.announce, play.upload, play.commit] * 3, play.doom, play.delete, play.forget, play.end,
             play.pause, play.crash]  # fmt: skip
    for _ in range(STEPS):
        play.random.choice(moves)()
        assert play.referred() <= play.bucket
    play.clean_up()
    assert play.bucket - play.late == play.referred() - play.late
    assert play.db.findings() == []
    play.db.close()
