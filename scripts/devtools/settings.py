"""Where a running copy of Tiketi keeps its data and which ports and secrets it uses; everything can be moved by environment."""

import hashlib
import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_dotenv(path):
    """Settings of a developer's own (.env, see .env.example): NAME=value lines. What the environment already says wins."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals or not name.strip().isidentifier():
            raise SystemExit(f"{path}:{number}: expected NAME=value")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        os.environ.setdefault(name.strip(), value)


read_dotenv(ROOT / ".env")
DATA = pathlib.Path(os.environ.get("TIKETI_DATA", ROOT / ".dev")).resolve()
OFFSET = int(os.environ.get("TIKETI_PORT_OFFSET", "0"))
CONFIGURATION = os.environ.get("TIKETI_BUILD", "debug")


def product():
    """The checkout whose executables, migrations and page run: this one, or another version's."""
    return pathlib.Path(os.environ.get("TIKETI_PRODUCT", ROOT))


SERVICES = ["auth", "ticket", "payment", "stats", "realtime", "gateway"]
PORTS = {
    "gateway": 3001, "ticket": 3002, "payment": 3003, "stats": 3004, "auth": 3005, "realtime": 3006,
    "web": 3000, "toss-simulator": 4010, "postgres": 15432, "redis": 16379,
}

ADMIN_EMAIL = "admin@tiketi.gg"
# Development secrets: the services refuse these when NODE_ENV is production.
SECRETS = {
    "JWT_SECRET": os.environ.get("JWT_SECRET", "tiketi-development-jwt-secret"),
    "INTERNAL_API_TOKEN": os.environ.get("INTERNAL_API_TOKEN", "tiketi-development-internal-token"),
    "ADMIN_PASSWORD": os.environ.get("ADMIN_PASSWORD", "admin1234"),
    "TOSS_SECRET_KEY": os.environ.get("TOSS_SECRET_KEY", "test_sk_development"),
    "DB_PASSWORD": os.environ.get("DB_PASSWORD", "tiketi"),
}


def web_root():
    """The built web app; a version before it had a page that needed no building."""
    old = product() / "web" / "public"
    return old if old.is_dir() else product() / "web" / "dist"


def instance_count():
    """How many instances of each service run: as the environment says, or else as this copy was started."""
    recorded = DATA / "run" / "instances"
    return int(os.environ.get("TIKETI_INSTANCES") or (recorded.read_text() if recorded.exists() else 1))


def instances(service):
    """The names of a service's instances: ticket, ticket-2, ticket-3."""
    return [service, *(f"{service}-{number}" for number in range(2, instance_count() + 1))]


def split_name(name):
    """ticket-2 is the second instance of ticket."""
    service, _, number = name.rpartition("-")
    return (service, int(number)) if number.isdigit() else (name, 1)


def port(name):
    service, number = split_name(name)
    variable = service.upper().replace("-", "_") + "_PORT"
    return int(os.environ.get("TIKETI_" + variable, PORTS[service] + OFFSET)) + 10 * (number - 1)


def url(name):
    scheme = "redis" if name == "redis" else "http"
    return f"{scheme}://127.0.0.1:{port(name)}"


def superuser_dsn():
    return f"postgresql://postgres@127.0.0.1:{port('postgres')}/tiketi"


def executable(name):
    return product() / ".build" / CONFIGURATION / split_name(name)[0]


def shared_directory():
    """A folder that the `postgres` user can reach even when the checkout lies in a private home."""
    return pathlib.Path("/var/tmp") / ("tiketi-" + hashlib.sha256(str(DATA).encode()).hexdigest()[:12])


def remove_data():
    """What this copy has stored; nothing of it may run. Tools that scripts keep beside it (`.dev/venv`) stay."""
    for folder in ("postgres", "redis", "run", "log", "uploads"):
        shutil.rmtree(DATA / folder, ignore_errors=True)
    shutil.rmtree(shared_directory(), ignore_errors=True)
    if DATA.is_dir() and not any(DATA.iterdir()):
        DATA.rmdir()


def service_environment(name):
    own, number = split_name(name)
    environment = dict(os.environ)
    environment.update(SECRETS)
    environment.update({
        "NODE_ENV": os.environ.get("NODE_ENV", "development"),
        "PORT": str(port(name)),
        "HOST": "127.0.0.1",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": str(port("postgres")),
        "DB_NAME": "tiketi",
        "DB_USER": f"tiketi_{own}",
        "DB_SSLMODE": "disable",
        "REDIS_URL": url("redis"),
        # A test may put a proxy of its own in between.
        "TOSS_API_URL": os.environ.get("TIKETI_TOSS_URL", url("toss-simulator")),
        "TOSS_SIMULATOR_PORT": str(port("toss-simulator")),
        "TOSS_WEBHOOK_URL": url("payment") + "/api/payments/webhook",
        "ADMIN_EMAIL": os.environ.get("ADMIN_EMAIL", ADMIN_EMAIL),
        "SOCKET_IO_CORS_ORIGIN": os.environ.get("SOCKET_IO_CORS_ORIGIN", f"{url('gateway')},{url('web')},http://localhost:{port('web')}"),
        "WEB_ROOT": str(web_root()),
        "UPLOAD_ROOT": str(DATA / "uploads"),
        "MIGRATIONS_DIRECTORY": str(product() / "database" / "migrations"),
        "SEED_DIRECTORY": str(product() / "database" / "seed"),
    })
    for service in SERVICES:
        if service != "gateway":
            environment[f"{service.upper()}_SERVICE_URL"] = ",".join(url(instance) for instance in instances(service))
    if own == "realtime":
        environment.setdefault("REALTIME_NODE_ID", str(number - 1))
    return environment


def administrator_environment():
    environment = service_environment("gateway")
    environment.update({"DB_ADMIN_USER": "postgres", "DB_ADMIN_PASSWORD": "", "DB_USER": "postgres"})
    return environment
