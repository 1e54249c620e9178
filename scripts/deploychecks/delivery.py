"""What must be true of ArgoCD's files, the workflows, the Dockerfile and the scripts, beyond what their schemas can say."""

import fnmatch
import os
import re
import subprocess

from .project import OVERLAYS, SERVICES, containers

SCRIPTS = [
    "build-images",
    "kind-up",
    "kind-down",
    "seal-secrets",
    "bump-image",
    "check-deploy",
    "check-images",
    "check-restore",
    "check-upgrade",
]
TARGETS = {  # image: target, product, port
    "gateway": ("gateway", "gateway", 3001),
    "auth-service": ("auth", "auth", 3005),
    "ticket-service": ("ticket", "ticket", 3002),
    "payment-service": ("payment", "payment", 3003),
    "stats-service": ("stats", "stats", 3004),
    "realtime-service": ("realtime", "realtime", 3006),
    "migrate": ("migrate", "tiketi", None),
}


def applications(project):
    return [entry for path in project.files("argocd/applications/*.yaml") for entry in project.load(path.relative_to(project.root))]


def argocd_leads_to_what_is_there(project):
    projects = [entry for path in project.files("argocd/projects/*.yaml") for entry in project.load(path.relative_to(project.root))]
    owners = {entry["metadata"]["name"]: entry for entry in projects}
    if set(owners) != {"tiketi", "tiketi-applications"}:
        yield "the projects are not tiketi and tiketi-applications"
        return
    owner = owners["tiketi"]
    if any(place["namespace"] in ("argocd", "*") for place in owner["spec"]["destinations"]):
        yield "project tiketi may write Applications, and with them anything"
    listed = owners["tiketi-applications"]["spec"]
    if {place["namespace"] for place in listed["destinations"]} != {"argocd"} or listed.get("clusterResourceWhitelist") \
            or listed.get("namespaceResourceWhitelist") != [{"group": "argoproj.io", "kind": "Application"}]:
        yield "project tiketi-applications may make more than Applications"
    found = applications(project)
    names = {entry["metadata"]["name"] for entry in found}
    for name in ("tiketi-dev", "tiketi-staging", "tiketi-prod", "tiketi-app-of-apps"):
        if name not in names:
            yield f"there is no application {name}"
    if {role["name"] for role in owner["spec"]["roles"]} != {"developer", "admin"}:
        yield "the project's roles are not developer and admin"
    places = []
    for entry in found:
        name, spec = entry["metadata"]["name"], entry["spec"]
        source, destination = spec["source"], spec["destination"]
        wanted = "tiketi-applications" if name == "tiketi-app-of-apps" else "tiketi"
        if spec["project"] != wanted:
            yield f"{name}: belongs to project {spec['project']}, not {wanted}"
            continue
        owner = owners[wanted]
        if source["repoURL"] not in owner["spec"]["sourceRepos"]:
            yield f"{name}: its repository is not one of the project's"
        if destination not in owner["spec"]["destinations"]:
            yield f"{name}: its destination is not one of the project's"
        if destination in places:
            yield f"{name}: another application goes to the same place"
        places.append(destination)
        folder = project.root / source["path"]
        if not folder.is_dir():
            yield f"{name}: there is no {source['path']}"
        elif (folder / "kustomization.yaml").exists():
            namespace = project.load(f"{source['path']}/kustomization.yaml")[0]["namespace"]
            if namespace != destination["namespace"]:
                yield f"{name}: goes to {destination['namespace']}, the overlay says {namespace}"
        elif name == "tiketi-app-of-apps" and source["path"] != "argocd/applications":
            yield f"{name}: does not lead to the applications"
        elif name != "tiketi-app-of-apps":
            yield f"{name}: nothing to render in {source['path']}"
        automated = spec["syncPolicy"].get("automated")
        branch = {"tiketi-staging": "develop", "tiketi-prod": "main"}.get(name)
        if branch and source["targetRevision"] != branch:
            yield f"{name}: follows {source['targetRevision']}, not {branch}"
        if name == "tiketi-prod" and automated is not None:
            yield f"{name}: production is synced by hand"
        if name == "tiketi-staging" and not (automated and automated.get("prune") and automated.get("selfHeal")):
            yield f"{name}: staging prunes and heals itself"
        if name in ("tiketi-staging", "tiketi-prod"):
            pointers = [
                pointer for rule in spec.get("ignoreDifferences", []) if rule["kind"] == "Deployment" for pointer in rule["jsonPointers"]
            ]
            if "/spec/replicas" not in pointers or "RespectIgnoreDifferences=true" not in spec["syncPolicy"]["syncOptions"]:
                yield f"{name}: every sync would undo the autoscalers"
    [messages] = project.load("argocd/notifications.yaml")
    for entry in found:
        for note in entry["metadata"].get("annotations", {}):
            trigger = re.fullmatch(r"notifications\.argoproj\.io/subscribe\.([a-z-]+)\.slack", note)
            if trigger and f"trigger.{trigger[1]}" not in messages["data"]:
                yield f"{entry['metadata']['name']}: nothing triggers {trigger[1]}"


def workflows(project):
    return {path.name: project.load(path.relative_to(project.root))[0] for path in project.files(".github/workflows/*.yml")}


def workflows_build_what_is_there(project):
    found = workflows(project)
    deployed = {}
    places = ("Package.swift", "Dockerfile", ".github/**/*", "Sources/**/*", "database/**/*", "scripts/**/*", "web/*", "web/src/**/*")
    tracked = [str(path.relative_to(project.root)) for place in places for path in project.files(place) if path.is_file()]
    for name, workflow in found.items():
        # YAML 1.1 reads the key `on` as true.
        triggers = workflow.get("on", workflow.get(True))
        for job in workflow["jobs"].values():
            for step in [job, *job.get("steps", [])]:
                used = step.get("uses", "")
                if used.startswith("./"):
                    if not (project.root / used).exists():
                        yield f"{name}: there is no {used}"
                elif used and not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", used):
                    yield f"{name}: {used} is not pinned to a commit"
            if job.get("uses") == "./.github/workflows/build-and-deploy.yml":
                deployed[job["with"]["image"]] = (name, job["with"], triggers)
        for part, job in workflow["jobs"].items():
            signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
            if signs_in and "environment" not in job:
                yield f"{name}: {part} has AWS rights outside a GitHub environment, from any branch"
        if "permissions" not in workflow:
            yield f"{name}: begins with every permission there is"
        if "pull_request_target" in triggers:
            yield f"{name}: runs strangers' code with our rights"
        for pattern in (triggers.get("push") or {}).get("paths", []) if isinstance(triggers, dict) else []:
            if not any(fnmatch.fnmatch(path, pattern.replace("**", "*")) for path in tracked):
                yield f"{name}: {pattern} matches no file"
    for image, (target, product, _) in TARGETS.items():
        if image not in deployed:
            yield f"no workflow deploys {image}"
            continue
        name, given, triggers = deployed[image]
        if (given["target"], given["product"]) != (target, product):
            yield f"{name}: builds {given['target']} from {given['product']}, not {target} from {product}"
        if triggers["push"]["branches"] != ["main", "develop"]:
            yield f"{name}: does not follow main and develop"
        for needed in ("Package.swift", "Dockerfile", "Sources/TiketiCore/**", f".github/workflows/{name}"):
            if needed not in triggers["push"]["paths"]:
                yield f"{name}: a change of {needed} does not deploy"
        for overlay in ("staging", "prod"):
            if f"tiketi-{image}" not in [entry["name"] for entry in project.kustomization(overlay)["images"]]:
                yield f"{name}: overlay {overlay} has no image tiketi-{image}"


def dockerfile_has_every_target(project):
    stages, current = {}, None
    for line in project.text("Dockerfile").replace("\\\n", " ").splitlines():
        head = re.fullmatch(r"FROM\s+(\S+)\s+AS\s+(\S+)", line)
        if head:
            current = {"from": head[1], "lines": []}
            stages[head[2]] = current
        elif current:
            current["lines"].append(line)

    def lines(stage):
        """Those of the stage and of what it stands on."""
        entry = stages.get(stage)
        return [*lines(entry["from"]), *entry["lines"]] if entry else []

    products = re.findall(r'\.executable\(name: "([\w-]+)"', project.text("Package.swift"))
    build = re.search(r"ARG PRODUCTS=(\S+)", project.text("Dockerfile"))
    if not build or set(build[1].split(",")) != set(products):
        yield "PRODUCTS are not the package's executables"
    for target in [*products, "migrate", "web"]:
        if target not in stages:
            yield f"there is no target {target}"
            continue
        users = [line.split()[1] for line in lines(target) if line.startswith("USER ")]
        if not users or users[-1].split(":")[0] in ("0", "root") or not users[-1].split(":")[0].isdigit():
            yield f"{target}: runs as {users[-1] if users else 'root'}, not as a number above 0"
        if target == "web":
            continue
        entry = [line for line in lines(target) if line.startswith("ENTRYPOINT ")]
        binary = re.fullmatch(r'ENTRYPOINT \["(/tiketi/[\w-]+)"\]', entry[-1] if entry else "")
        if not binary or not any(
            re.fullmatch(rf"COPY --from=build /products/[\w-]+ {re.escape(binary[1])}", line) for line in lines(target)
        ):
            yield f"{target}: starts something that it does not contain"
        if not any(line.startswith("HEALTHCHECK ") for line in lines(target)):
            yield f"{target}: has no health check"
    for image, (target, product, port) in TARGETS.items():
        if port and f"EXPOSE {port}" not in lines(target):
            yield f"{target}: does not expose {port}"
        if port:
            for overlay in OVERLAYS:
                rendered = project.rendered(overlay)
                entry = rendered.get("Deployment", image) or rendered.get("StatefulSet", image)
                command = (
                    (containers(entry, init=False)[0] if entry else {})
                    .get("lifecycle", {})
                    .get("preStop", {})
                    .get("exec", {})
                    .get("command", [""])
                )
                if command[0] != f"/tiketi/{product}":
                    yield f"{overlay}: {image} pauses by {command[0]}, which its image does not contain"
    ignored = project.text(".dockerignore").splitlines()
    if "*" not in ignored:
        yield ".dockerignore lets everything in"
    for line in re.findall(r"^COPY (?!--from)(\S+)", project.text("Dockerfile"), re.MULTILINE):
        if not any(f"{line}/".startswith(f"{entry[1:]}/") for entry in ignored if entry.startswith("!")):
            yield f".dockerignore keeps out {line}"


def scripts_help_themselves(project):
    for name in SCRIPTS:
        path = project.root / "scripts" / name
        if not path.exists() or not os.access(path, os.X_OK):
            yield f"there is no executable scripts/{name}"
            continue
        run = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60) if name != "check-deploy" else None
        if run and (run.returncode != 0 or "usage" not in run.stdout.lower()):
            yield f"scripts/{name} --help does not help"


def overlays_know_every_image(project):
    for overlay in OVERLAYS:
        names = [entry["name"] for entry in project.kustomization(overlay)["images"]]
        for image in [*SERVICES, "migrate"]:
            if names.count(f"tiketi-{image}") != 1:
                yield f"{overlay}: images has {names.count(f'tiketi-{image}')} entries of tiketi-{image}"


CHECKS = [
    overlays_know_every_image,
    argocd_leads_to_what_is_there,
    workflows_build_what_is_there,
    dockerfile_has_every_target,
    scripts_help_themselves,
]
