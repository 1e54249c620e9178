"""Rooms of a service: Domain knows nobody, Services speak neither SQL nor HTTP, Routes reach no store."""

import re

SERVICES = ("GatewayService", "AuthService", "TicketService", "PaymentService", "StatsService", "RealtimeService")
ROOMS = ("Routes", "Services", "Stores", "Domain", "Jobs", "Clients")
# TicketService is sorted by feature first; there the name of a file tells its room.
FEATURES = ("Events", "Seats", "Reservations", "Queue", "Shared")
BY_NAME = (
    ("Routes", re.compile(r"(Routes|JSON|\+HTTP)$|^(RequestContext|Router|QueryParameters)\+")),
    ("Stores", re.compile(r"(Store|SQL|Scripts|Line|Cache|\+Contended)(\+\w+)?$")),
    ("Services", re.compile(r"(Service|Batcher|Announcer)(\+\w+)?$")),
    ("Jobs", re.compile(r"(Job|Cleaner|Updater)$")),
    ("Clients", re.compile(r"Client$")),
)
DECLARED = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public |package |internal |final |indirect )*(?:struct|class|enum|protocol|actor) (\w+)", re.M
)
HTTP = re.compile(r"\b(HTTPRequest|HTTPResponse|HTTPStatus|HTTPHeaders|RequestContext|Router|RouteGroup)\b")
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")
STORES = re.compile(r"\b(PostgresPool|PostgresRow|RedisClient|RedisScript|RedisArgument)\b")
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*')


def room(path, sources):
    """The room a file is in, or None for what stands beside the rooms (Main, App, Config)."""
    parts = path.relative_to(sources).parts
    if parts[0] not in SERVICES or len(parts) < 3:
        return None
    if parts[0] == "TicketService" and parts[1] in FEATURES:
        return next((name for name, pattern in BY_NAME if pattern.search(path.stem)), "Domain")
    return parts[1]


def faults(sources):
    found, files = [], []
    for service in SERVICES:
        for path in sorted((sources / service).rglob("*.swift")):
            where = room(path, sources)
            if where is None:
                continue
            if where not in ROOMS:
                found.append(f"{path}: no room of a service is called {where}; there are {', '.join(ROOMS)}")
                continue
            text = path.read_text()
            # Interpolated names in strings do not count; SQL is looked for in the strings too.
            files.append((service, where, path, text, STRING_OR_COMMENT.sub('""', text)))
    declared = {}
    for service, where, _, text, _ in files:
        declared.setdefault(service, {}).setdefault(where, set()).update(DECLARED.findall(text))
    for service, where, path, text, code in files:
        words = set(re.findall(r"\b[A-Z]\w+", code))
        rooms = declared[service]

        def reaches(*others):
            own = set(DECLARED.findall(text))
            return sorted(
                word for other in others for word in words & rooms.get(other, set()) if word not in own and word not in rooms.get(where, ())
            )
        if where == "Domain":
            found += [f"{path}: Domain names {word} of another room" for word in reaches("Services", "Stores", "Routes", "Jobs", "Clients")]
        if where == "Routes":
            found += [f"{path}: Routes reach the store {word}" for word in reaches("Stores")]
        if where in ("Routes", "Services", "Domain", "Jobs"):
            found += [f"{path}: {where} use {word}, which is a store's" for word in sorted(set(STORES.findall(code)))]
        if where in ("Routes", "Services", "Domain", "Jobs") and SQL.search(text):
            found.append(f"{path}: {where} hold SQL")
        if where in ("Services", "Stores", "Domain", "Jobs"):
            found += [f"{path}: {where} use {word}, which is HTTP's" for word in sorted(set(HTTP.findall(code)))]
    return found
