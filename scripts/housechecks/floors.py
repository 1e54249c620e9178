"""A module imports only floors below its own, and nothing from outside but what is listed."""

import re

FLOORS = {
    "CLinux": 0, "CPostgres": 0, "COpenSSL": 0, "CZlib": 0, "CMark": 0, "TiketiBase": 0.5,
    "TiketiNet": 1, "TiketiJSON": 1, "TiketiStore": 2, "TiketiContracts": 3, "TiketiCore": 3, "TiketiRealtime": 3,
    "GatewayService": 4, "AuthService": 4, "TicketService": 4, "PaymentService": 4, "StatsService": 4, "RealtimeService": 4,
    "TiketiCLI": 4, "TossSimulator": 4, "TiketiTesting": 4, "Programs": 5,
}
OUTSIDE = {"Glibc", "Synchronization", "Logging", "DequeModule", "ArgumentParser"}
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:public |package |internal |private |fileprivate )?import\s+(?:struct |class |enum |func |protocol "
    r")?(\w+)"
)


def faults(sources):
    found = []
    for path in sorted(sources.rglob("*.swift")):
        module = path.relative_to(sources).parts[0]
        if module not in FLOORS:
            found.append(f"{path}: module {module} has no floor; add it to scripts/housechecks/floors.py")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = IMPORT.match(line)
            # The standard library's own interfaces are named to reach what it does not publish yet.
            if not match or match[1] in OUTSIDE or match[1] == "Swift":
                continue
            imported = match[1]
            if imported not in FLOORS:
                found.append(f"{path}:{number}: {imported} is not a module this project builds on")
            elif FLOORS[imported] >= FLOORS[module]:
                found.append(f"{path}:{number}: {module} (floor {FLOORS[module]}) imports {imported} (floor {FLOORS[imported]})")
    return found
