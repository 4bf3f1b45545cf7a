"""Run a command on the embedded database and stop the server afterwards if it was down before."""

import os
import subprocess
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE))

from omnishop import embedded  # noqa: E402  found by the line above


def main(command: list[str]) -> int:
    """The command's exit status."""
    var_dir = Path(os.environ.get("VAR_DIR") or BASE / "var")
    if os.environ.get("DATABASE_URL"):
        return subprocess.run(command, check=False).returncode
    ours = not embedded.is_up(var_dir)
    try:
        embedded.start(var_dir)
        return subprocess.run(command, check=False).returncode
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if ours:
            embedded.stop(var_dir)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
