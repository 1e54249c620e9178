"""Runs the checks and prints each with its outcome."""

import argparse
import pathlib
import sys
import time

from . import delivery, kubernetes, monitoring, self_test, tools
from .project import OVERLAYS, Fault, Project

ROOT = pathlib.Path(__file__).resolve().parents[2]


def findings(project, checks):
    """(check, fault) for everything that is wrong."""
    for check in checks:
        try:
            if check in kubernetes.CHECKS:
                for overlay in OVERLAYS:
                    for fault in check(project.rendered(overlay)):
                        yield check.__name__, f"{overlay}: {fault}"
            else:
                for fault in check(project):
                    yield check.__name__, fault
        except Fault as fault:
            yield check.__name__, str(fault)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/check-deploy", description="Render every overlay and check everything that deploys Tiketi."
    )
    parser.add_argument("--quick", action="store_true", help="without checkov, which takes most of the time")
    parser.add_argument(
        "--self-test", nargs="?", const="all", choices=["all", "short"], help="seed faults into a copy and require that each is found"
    )
    options = parser.parse_args()
    if options.self_test:
        sys.exit(self_test.run(ROOT, findings, options.self_test == "short"))
    checks = [*kubernetes.CHECKS, *delivery.CHECKS, *monitoring.CHECKS, *tools.QUICK, *([] if options.quick else tools.SLOW)]
    project = Project(ROOT)
    wrong = 0
    for check in checks:
        began = time.monotonic()
        faults = [fault for _, fault in findings(project, [check])]
        wrong += bool(faults)
        print(f"{'FAILED' if faults else 'ok':7} {check.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)
        for fault in faults:
            print("        " + fault.replace("\n", "\n        "))
    print(f"{len(checks) - wrong} checks passed, {wrong} failed")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
