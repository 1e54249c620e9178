"""The web app of a running copy: built before the gateway starts, and served a second time where every change shows."""

import os
import subprocess
import sys

from . import processes, settings

NAME = "web"
TOOL = settings.ROOT / "scripts" / "web"


def is_wanted():
    """Tests and servers need no second address that rebuilds."""
    return os.environ.get("TIKETI_WEB_SERVER", "1") == "1" and settings.product() == settings.ROOT


def is_current():
    """Whether what was built is newer than everything it is built from."""
    built = settings.ROOT / "web" / "dist" / "index.html"
    if not built.exists():
        return False
    sources = [*(settings.ROOT / "web" / "src").rglob("*"), *(settings.ROOT / "web").glob("*.mjs"), TOOL]
    return max(path.stat().st_mtime for path in sources if path.is_file()) <= built.stat().st_mtime


def build():
    if settings.product() != settings.ROOT or is_current():
        return
    if subprocess.run([TOOL, "build"], cwd=settings.ROOT, stdout=sys.stderr).returncode != 0:
        raise SystemExit("the web app could not be built")


def start():
    """The development server on port 3000: rebuilt on change, everything else from the gateway."""
    if not is_wanted() or processes.running_pid(NAME) is not None:
        return
    environment = {
        **os.environ, "PORT": str(settings.port(NAME)), "GATEWAY_URL": settings.url("gateway"), "WEB_DIST": str(settings.DATA / "web-dist"),
    }
    processes.start(NAME, [str(TOOL), "serve"], environment=environment)


def stop():
    processes.stop(NAME)
