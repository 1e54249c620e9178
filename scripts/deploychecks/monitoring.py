"""What must be true of the monitoring files: rules that say what their tests expect, questions about metrics that exist, alerts that a
page explains."""

import json
import pathlib
import re
import shutil
import tempfile

from .tools import run

FOLDER = "k8s/monitoring"
# What Prometheus itself adds.
GIVEN = {"up"}


def expressions(project):
    """Every question of a rule or a panel, with where it stands."""
    [rules] = project.load(f"{FOLDER}/prometheus/alerts.yml")
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]
    for path in project.files(f"{FOLDER}/grafana/*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.name}: {panel['title']}", target["expr"]


def rules_do_what_they_say(project):
    if not shutil.which("promtool"):
        # Debian: prometheus. Its absence is said, not hidden.
        yield "promtool is not installed"
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tiketi-monitoring-"))
    shutil.copytree(project.root / FOLDER / "prometheus", folder, dirs_exist_ok=True)
    # Debian's Prometheus is built without the discovery of pods; everything around it is checked.
    text = (folder / "prometheus.yml").read_text()
    plain = re.sub(r"    kubernetes_sd_configs:\n(?:      .*\n)+", "    static_configs:\n      - targets: []\n", text)
    (folder / "prometheus.yml").write_text(plain)
    yield from run(["promtool", "check", "config", folder / "prometheus.yml"], folder)
    yield from run(["promtool", "test", "rules", folder / "alerts.test.yml"], folder)
    for panel, expression in expressions(project):
        if panel.startswith("alert"):
            continue
        probe = folder / "probe.yml"
        query = json.dumps(expression.replace("$namespace", "tiketi"))
        probe.write_text(f"groups: [{{name: probe, rules: [{{record: probe, expr: {query}}}]}}]\n")
        yield from (f"{panel}: {fault}" for fault in run(["promtool", "check", "rules", probe], folder))


def metrics_exist(project):
    sources = "".join(path.read_text() for path in project.files("Sources/**/*.swift"))
    known = set(re.findall(r'"((?:tiketi|http|process)_[a-z_]+)"', sources)) | GIVEN
    for place, expression in expressions(project):
        names = set(re.findall(r"\b((?:tiketi|http|process)_[a-z_]+)\b", expression))
        for name in names:
            plain = re.sub(r"_(bucket|sum|count)$", "", name)
            if name not in known and plain not in known:
                yield f"{place}: nobody counts {name}"


def alerts_are_explained(project):
    [rules] = project.load(f"{FOLDER}/prometheus/alerts.yml")
    page = project.text("docs/operations.md")
    tests = project.text(f"{FOLDER}/prometheus/alerts.test.yml")
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    for name in names:
        if f"`{name}`" not in page:
            yield f"docs/operations.md does not say what to do for {name}"
        if f"alertname: {name}" not in tests:
            yield f"{name} has no test"
    for name in set(re.findall(r"`(Tiketi[A-Z]\w+)`", page)) - set(names):
        yield f"docs/operations.md explains {name}, which nothing raises"


CHECKS = [rules_do_what_they_say, metrics_exist, alerts_are_explained]
