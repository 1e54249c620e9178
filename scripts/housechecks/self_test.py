"""Seeds one fault against each rule into a copy of the sources and requires that it is found, and nothing else."""

import shutil

from . import documented, floors, folders, names, rooms, vocabulary

SEEDS = (
    ("a floor above", floors, "TiketiNet/Seeded.swift", "import TiketiCore\n", "imports TiketiCore"),
    ("a stranger", floors, "TiketiNet/Seeded.swift", "import Foundation\n", "not a module"),
    (
        "Domain names a service",
        rooms,
        "AuthService/Domain/Seeded.swift",
        "struct Seeded { var accounts: SeededService }\n",
        "Domain names SeededService",
    ),
    ("SQL in a service", rooms, "AuthService/Services/Seeded.swift", 'let seeded = "SELECT id FROM users"\n', "hold SQL"),
    ("Redis in a service", rooms, "AuthService/Services/Seeded.swift", "func seeded(_ redis: RedisClient) {}\n", "RedisClient"),
    (
        "a store in a route",
        rooms,
        "AuthService/Routes/Seeded.swift",
        "func seeded(_ store: SeededStore) {}\n",
        "reach the store SeededStore",
    ),
    ("HTTP in a service", rooms, "TicketService/Seats/SeededService.swift", "func seeded(_ request: HTTPRequest) {}\n", "HTTPRequest"),
    (
        "HTTP in a store",
        rooms,
        "PaymentService/Stores/Seeded.swift",
        "func seeded(_ context: RequestContext) {}\n",
        "Stores use RequestContext",
    ),
    ("SQL in a job", rooms, "TicketService/Queue/SeededJob.swift", 'let seeded = """\n    DELETE FROM seats\n    """\n', "Jobs hold SQL"),
    (
        "PostgreSQL in a route",
        rooms,
        "StatsService/Routes/Seeded.swift",
        "func seeded(_ pool: PostgresPool) {}\n",
        "Routes use PostgresPool",
    ),
    (
        "a feature's domain names a store",
        rooms,
        "TicketService/Seats/Seeded.swift",
        "struct Seeded { var store: EventStore }\n",
        "Domain names EventStore",
    ),
    (
        "a feature's route reaches a store",
        rooms,
        "TicketService/Seats/SeededRoutes.swift",
        "func seeded(_ store: EventStore) {}\n",
        "reach the store EventStore",
    ),
    (
        "a later folder",
        folders,
        "TiketiRealtime/EngineIO/Seeded.swift",
        "func seeded(_ hub: HubReference) {}\n",
        "EngineIO names HubReference of Hub",
    ),
    ("a folder nobody knows", folders, "TiketiRealtime/Helpers/Seeded.swift", "struct Seeded {}\n", "no folder Helpers"),
    ("a public type without a word", documented, "TiketiNet/Seeded.swift", "public struct Seeded {}\n", "nothing says what this is for"),
    (
        "a public member without a word",
        documented,
        "TiketiNet/Seeded.swift",
        "/// Here.\npublic struct Seeded {\n    public var seeded = 1\n}\n",
        "public var seeded",
    ),
    (
        "a requirement without a word",
        documented,
        "TiketiNet/Seeded.swift",
        "/// Here.\npublic protocol Seeded {\n    func seeded()\n}\n",
        "func seeded()",
    ),
    ("a file without a head", names, "StatsService/Domain/Seeded.swift", "struct Seeded {}\n", "begins with a `//` comment"),
    ("a file of another name", names, "StatsService/Domain/Seeded.swift", "// Here.\nstruct Planted {}\n", "nothing called Seeded"),
    ("a first type without a word", names, "TiketiNet/Seeded.swift", "// Here.\n\nstruct Seeded {}\n", "what Seeded is for"),
    ("a private word", vocabulary, "StatsService/Domain/Seeded.swift", "// Here.\nstruct SeededDesk {}\n", "instead of desk"),
    ("a room nobody knows", rooms, "StatsService/Helpers/Seeded.swift", "struct Seeded {}\n", "no room of a service"),
)
COMPANY = (
    ("AuthService/Services/SeededService.swift", "struct SeededService {}\n"),
    ("AuthService/Stores/SeededStore.swift", "struct SeededStore {}\n"),
)


def run(sources, folder):
    copy = folder / "Sources"
    shutil.copytree(sources, copy)
    for name, text in COMPANY:
        (copy / name).write_text(text)
    before = {module: set(module.faults(copy)) for module in (documented, floors, folders, names, rooms, vocabulary)}
    missed = 0
    for what, module, name, text, expected in SEEDS:
        path = copy / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        new = [fault for fault in module.faults(copy) if fault not in before[module]]
        path.unlink()
        if len(new) == 1 and expected in new[0]:
            print(f"found   {what}")
        else:
            missed += 1
            print(f"MISSED  {what}: {new}")
    print(f"{len(SEEDS) - missed} of {len(SEEDS)} seeded faults found")
    return missed > 0
