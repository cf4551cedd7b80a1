"""The server that the tests of pages look at, for people: `python -m tests.dashboard 8787`, until Ctrl-C."""

from __future__ import annotations

import sys
import threading

from tests.dashboard.world import fill, open_world
from web.build import BuildFailed, build


def main() -> None:
    try:
        build()
    except BuildFailed as error:
        print(f"the app is as it was before: {error}", file=sys.stderr)
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8787
    with open_world(port=port) as world:
        fill(world)
        print(f"{world.url}, key {world.site.key}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("ended")


if __name__ == "__main__":
    main()
