"""start, stop, status, url or remove from a command line."""

import os
import sys
from pathlib import Path

from omnishop.embedded import is_up, remove, start, stop
from omnishop.embedded.cluster import NAME, PORT, DatabaseUnavailable, say


def main(arguments: list[str]) -> int:
    """start, stop, status (0 when up), url or remove, for the folder VAR_DIR (`var/`)."""
    base = Path(__file__).resolve().parents[2]
    var_dir = Path(os.environ.get("VAR_DIR") or base / "var")
    action = arguments[0] if len(arguments) == 1 else ""
    try:
        if action == "start":
            start(var_dir)
        elif action == "stop":
            stop(var_dir)
        elif action == "remove":
            remove(var_dir)
        elif action == "status":
            up = is_up(var_dir)
            print("up" if up else "down")
            return 0 if up else 3
        elif action == "url":
            print(f"postgres://{NAME}@/{NAME}?host={start(var_dir).run}&port={PORT}")
        else:
            say("usage: python -m omnishop.embedded start|stop|status|url|remove")
            return 2
    except DatabaseUnavailable as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
