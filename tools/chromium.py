"""The Chromium that the browser tests drive: the machine's, else Debian's, else Playwright's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGES = ("chromium", "fonts-dejavu-core")


def find() -> str | None:
    """The executable: CHROMIUM, one on the PATH, or one that Playwright installed."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in (*NAMES, *PLACES):
        if path := shutil.which(name):
            return path
    return _of_playwright()


def install() -> str:
    """Install one and return where it is; raises CalledProcessError or OSError."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"} | os.environ
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *PACKAGES],
        ):
            subprocess.run(
                command, check=True, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
    else:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    found = find()
    if not found:
        raise FileNotFoundError("No Chromium was found after its installation.")
    return found


def _of_playwright() -> str | None:
    """The newest build in Playwright's cache."""
    default = "Library/Caches" if sys.platform == "darwin" else ".cache"
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / default / "ms-playwright"
    builds = sorted(Path(cache).glob("chromium-*/chrome-*/**/*"), reverse=True)
    for build in builds:
        if build.name in {"chrome", "Chromium", "Google Chrome for Testing"} and build.is_file():
            return str(build)
    return None


if __name__ == "__main__":
    try:
        print(find() or install())
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(f"Chromium cannot be installed: {error} Install one or set CHROMIUM to its path.")
