"""What must be true of a rendered overlay, beyond what a schema can say. Each check yields the faults it finds."""

import re
import urllib.parse

from .project import SERVICES, container_ports, containers, pod, pod_labels, quantity, selected, title

# Who calls whom: a network policy that forgets one breaks the product in a way nothing else here would notice.
FLOWS = [
    *(("gateway", service) for service in SERVICES if service != "gateway"),
    ("ticket-service", "payment-service"), ("payment-service", "ticket-service"), ("realtime-service", "ticket-service"),
]
DATABASE = ["gateway", "auth-service", "ticket-service", "payment-service", "stats-service", "migrate"]
CACHE = ["gateway", "auth-service", "ticket-service", "stats-service", "realtime-service"]
MEMORY = {"dev": (2**28, 2**29), "staging": (2**29, 2**31), "prod": (2**30, 2**32)}
REPLICAS = {"dev": (1, 1), "staging": (2, 3), "prod": (3, 5)}
SCALE = {"staging": (10, 20), "prod": (15, 30)}
# What the database servers of docs/operations.md accept, without what is kept for operators.
CONNECTIONS = {"dev": 250, "staging": 850, "prod": 2400}


def images_are_replaced(overlay):
    rendered = {container["image"] for entry in overlay.workloads for container in containers(entry)}
    for image in sorted(rendered):
        tag = image.rpartition(":")[2]
        if "/" in tag or tag in ("latest", "replaced-by-overlay") or ":" not in image:
            yield f"{image} has no tag of its own"
        own = "tiketi-" in image
        if own and overlay.name == "dev" and tag != "local":
            yield f"{image}: development runs what was built here, :local"
        if (
            own
            and overlay.name != "dev"
            and not re.fullmatch(r"\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/tiketi-[a-z-]+:[0-9a-f]{7}-\d{8}-\d{6}", image)
        ):
            yield f"{image} is not registry/name:{{short-sha}}-{{timestamp}}"
    for entry in overlay.project.kustomization(overlay.name).get("images", []):
        expected = f"{entry.get('newName', entry['name'])}:{entry.get('newTag', '')}"
        if expected not in rendered:
            yield f"images: {entry['name']} replaces nothing"


def references_exist(overlay):
    for entry in overlay.workloads:
        for container in containers(entry):
            wanted = []
            for source in container.get("envFrom", []):
                for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                    if key in source:
                        wanted.append((kind, source[key]["name"], None))
            for variable in container.get("env", []):
                for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                    source = variable.get("valueFrom", {}).get(key)
                    if source and not source.get("optional"):
                        wanted.append((kind, source["name"], source["key"]))
            for kind, name, key in wanted:
                keys = overlay.keys(kind, name)
                if keys is None:
                    yield f"{title(entry)}: there is no {kind} {name}"
                elif key is not None and key not in keys:
                    yield f"{title(entry)}: {kind} {name} has no key {key}"
        account = pod(entry).get("serviceAccountName")
        if account and not overlay.get("ServiceAccount", account):
            yield f"{title(entry)}: there is no ServiceAccount {account}"


def services_reach_pods(overlay):
    for service in overlay.of("Service"):
        targets = overlay.matching(service["spec"].get("selector", {}))
        if not targets:
            yield f"{title(service)}: no pod has the labels it selects"
        for port in service["spec"]["ports"]:
            for target in targets:
                if port.get("targetPort", port["port"]) not in container_ports(target):
                    yield f"{title(service)}: {title(target)} has no port {port.get('targetPort', port['port'])}"


def selectors_match(overlay):
    for entry in overlay.of("Deployment", "StatefulSet"):
        if not entry["spec"]["selector"]["matchLabels"].items() <= pod_labels(entry).items():
            yield f"{title(entry)}: its selector does not match its own pods"
        for rule in pod(entry).get("topologySpreadConstraints", []):
            if not rule["labelSelector"]["matchLabels"].items() <= pod_labels(entry).items():
                yield f"{title(entry)}: topology spread counts other pods"
    for entry in overlay.of("StatefulSet"):
        if not overlay.get("Service", entry["spec"]["serviceName"]):
            yield f"{title(entry)}: there is no Service {entry['spec']['serviceName']}"


def autoscalers_fit(overlay):
    found = overlay.of("HorizontalPodAutoscaler")
    if (overlay.name == "dev") == bool(found):
        yield "autoscalers belong to staging and prod, and to both"
    for entry in found:
        target = entry["spec"]["scaleTargetRef"]
        workload = overlay.get(target["kind"], target["name"])
        if not workload:
            yield f"{title(entry)}: there is no {target['kind']} {target['name']}"
            continue
        low, high = entry["spec"]["minReplicas"], entry["spec"]["maxReplicas"]
        if workload["spec"].get("replicas") != low:
            yield f"{title(entry)}: begins with {low}, its target with {workload['spec'].get('replicas')}"
        if not (REPLICAS[overlay.name][0] <= low <= REPLICAS[overlay.name][1] and SCALE[overlay.name][0] <= high <= SCALE[overlay.name][1]):
            yield f"{title(entry)}: {low} to {high} is outside what is agreed for {overlay.name}"
        for metric in entry["spec"]["metrics"]:
            for container in containers(workload, init=False):
                if metric["resource"]["name"] not in container["resources"].get("requests", {}):
                    yield f"{title(entry)}: measures {metric['resource']['name']}, of which its target requests none"
        if entry["spec"]["behavior"]["scaleUp"]["stabilizationWindowSeconds"] != 0:
            yield f"{title(entry)}: waits before it scales up"


def replicas_are_agreed(overlay):
    for name in SERVICES:
        workload = overlay.get("Deployment", name) or overlay.get("StatefulSet", name)
        if not workload:
            yield f"{name} is not deployed"
        elif not REPLICAS[overlay.name][0] <= workload["spec"].get("replicas", 1) <= REPLICAS[overlay.name][1]:
            yield f"{title(workload)}: {workload['spec']['replicas']} replicas"


def disruption_budgets_leave_room(overlay):
    found = overlay.of("PodDisruptionBudget")
    if (overlay.name == "prod") != bool(found):
        yield "disruption budgets belong to prod, and there alone"
    for entry in found:
        targets = overlay.matching(entry["spec"]["selector"]["matchLabels"])
        if len(targets) != 1:
            yield f"{title(entry)}: selects {len(targets)} workloads"
        for target in targets:
            if entry["spec"]["minAvailable"] >= target["spec"]["replicas"]:
                yield f"{title(entry)}: no node with {title(target)} could ever be drained"


def ingress_leads_somewhere(overlay):
    if (overlay.name == "dev") == bool(overlay.of("Ingress")):
        yield "the load balancer belongs to staging and prod, and to both"
    for entry in overlay.of("Ingress"):
        notes = entry["metadata"]["annotations"]
        if overlay.name == "prod" and "alb.ingress.kubernetes.io/wafv2-acl-arn" not in notes:
            yield f"{title(entry)}: production stands behind a WAF"
        if "stickiness.enabled=true" in notes.get("alb.ingress.kubernetes.io/target-group-attributes", ""):
            yield f"{title(entry)}: nothing here needs stickiness"
        for rule in entry["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                service = overlay.get("Service", backend["name"])
                if not service or backend["port"]["number"] not in [port["port"] for port in service["spec"]["ports"]]:
                    yield f"{title(entry)}: there is no {backend['name']}:{backend['port']['number']}"


def addresses_exist(overlay):
    """Every URL between services names a Service and its port, and the hubs are all listed."""
    for key, value in overlay.config().items():
        if not key.endswith("_URL") or key == "DB_ADMIN_URL":
            continue
        hosts = [urllib.parse.urlsplit(url.strip()) for url in value.split(",")]
        for url in hosts:
            first, _, rest = url.hostname.partition(".")
            if "." in rest:
                continue
            service = overlay.get("Service", rest or first)
            if not service or url.port not in [port["port"] for port in service["spec"]["ports"]]:
                yield f"{key}: there is no {url.hostname}:{url.port}"
        if key == "REALTIME_SERVICE_URL":
            hubs = overlay.get("StatefulSet", "realtime-service")
            wanted = [f"realtime-service-{number}.realtime-service" for number in range(hubs["spec"]["replicas"])]
            if [url.hostname for url in hosts] != wanted:
                yield f"{key} must list {', '.join(wanted)}"
    for key in ("DB_HOST", "REDIS_HOST"):
        host = overlay.config().get(key, "")
        if "." not in host and not overlay.get("Service", host):
            yield f"{key}: there is no Service {host}"


def settings_are_known(overlay):
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", overlay.project.text("docs/configuration.md")))
    for key in overlay.config():
        if key not in documented:
            yield f"{key} is a setting of nobody"
    expected = {"dev": "development", "staging": "staging", "prod": "production"}[overlay.name]
    if overlay.config().get("NODE_ENV") != expected:
        yield f"NODE_ENV is {overlay.config().get('NODE_ENV')}"
    if overlay.name != "dev" and overlay.config().get("DB_SSLMODE") != "verify-full":
        yield "whoever answers at the database's address is believed: DB_SSLMODE is not verify-full"
    if overlay.name != "dev" and not overlay.config().get("TOSS_API_URL", "").startswith("https://"):
        yield "Toss is reached without TLS"
    if "GOOGLE_CLIENT_ID" not in overlay.config():
        yield "GOOGLE_CLIENT_ID is not set, not even to nothing"


def secrets_are_kept(overlay):
    if overlay.name == "dev":
        return
    for entry in overlay.of("Secret"):
        yield f"{title(entry)}: a plain secret"
    for entry in overlay.of("SealedSecret"):
        values = entry["spec"]["encryptedData"].values()
        placeholders = [value for value in values if "PLACEHOLDER" in value]
        if placeholders and len(placeholders) != len(values):
            yield f"{title(entry)}: some values are still placeholders"
        for value in values:
            if "PLACEHOLDER" not in value and not re.fullmatch(r"Ag[A-Za-z0-9+/]{200,}={0,2}", value):
                yield f"{title(entry)}: a value is neither sealed nor a placeholder"
        if entry["metadata"].get("namespace") != entry["spec"]["template"]["metadata"]["namespace"]:
            yield f"{title(entry)}: sealed for another namespace"


def roles_are_kept_apart(overlay):
    """One password for each database role, and whoever writes to S3 does so by a role of the cloud, not by a key."""
    taken = {}
    for entry in overlay.workloads:
        for variable in containers(entry, init=False)[0].get("env", []):
            source = variable.get("valueFrom", {}).get("secretKeyRef", {})
            if variable["name"] == "DB_PASSWORD":
                if source.get("key") in taken:
                    yield f"{title(entry)}: has the password of {taken[source['key']]}"
                taken[source.get("key")] = title(entry)
            if variable["name"].startswith("AWS_SECRET"):
                yield f"{title(entry)}: holds a key of the cloud"
    job = overlay.get("Job", "tiketi-migrate")
    given = {variable["name"] for variable in containers(job, init=False)[0]["env"]} if job else set()
    for key in taken:
        if key not in given:
            yield f"the migration does not set {key}"
    if overlay.name != "dev" and not overlay.config().get("AWS_S3_BUCKET"):
        yield "several gateways don't share a disk: images need AWS_S3_BUCKET"
    if overlay.config().get("AWS_S3_BUCKET"):
        notes = overlay.get("ServiceAccount", "gateway")["metadata"].get("annotations", {})
        if not re.fullmatch(r"arn:aws:iam::\d{12}:role/[\w-]+", notes.get("eks.amazonaws.com/role-arn", "")):
            yield "the gateway's ServiceAccount has no role for the bucket"


def pods_are_confined(overlay):
    for entry in overlay.workloads:
        spec = pod(entry)
        context = spec.get("securityContext", {})
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{title(entry)}: its pods carry a token of the cluster"
        if (
            context.get("seccompProfile", {}).get("type") != "RuntimeDefault"
            or context.get("runAsNonRoot") is not True
            or not context.get("runAsUser")
        ):
            yield f"{title(entry)}: runs as root or without seccomp"
        for container in containers(entry):
            own = container.get("securityContext", {})
            if own.get("readOnlyRootFilesystem") is not True or own.get("allowPrivilegeEscalation") is not False:
                yield f"{title(entry)}: {container['name']} may write its root file system or gain rights"
            if own.get("capabilities", {}).get("drop") != ["ALL"] or own.get("privileged") or own.get("capabilities", {}).get("add"):
                yield f"{title(entry)}: {container['name']} keeps capabilities"
            for part in ("requests", "limits"):
                for what in ("cpu", "memory"):
                    if what not in container.get("resources", {}).get(part, {}):
                        yield f"{title(entry)}: {container['name']} has no {part}.{what}"
        if spec.get("hostNetwork") or spec.get("hostPID") or any("hostPath" in volume for volume in spec.get("volumes", [])):
            yield f"{title(entry)}: reaches into its node"


def services_are_sized(overlay):
    low, high = MEMORY[overlay.name]
    total = 0
    for name in SERVICES:
        entry = overlay.get("Deployment", name) or overlay.get("StatefulSet", name)
        if not entry:
            continue
        resources = containers(entry, init=False)[0]["resources"]
        if quantity(resources["requests"]["memory"]) < low or quantity(resources["limits"]["memory"]) > high:
            yield f"{title(entry)}: memory outside what is agreed for {overlay.name}"
        if float(quantity(resources["limits"]["cpu"])) != int(quantity(resources["limits"]["cpu"])):
            yield f"{title(entry)}: WORKERS would round a limit of {resources['limits']['cpu']}"
        if name in DATABASE:
            scaler = overlay.get("HorizontalPodAutoscaler", f"{name}-hpa")
            # A rollout runs one more.
            pods = (scaler["spec"]["maxReplicas"] if scaler else entry["spec"]["replicas"]) + 1
            config = overlay.config()
            each = int(config.get("DB_WRITE_CONNECTIONS_PER_WORKER", 8)) + int(config.get("DB_READ_CONNECTIONS_PER_WORKER", 2))
            total += pods * each * int(quantity(resources["limits"]["cpu"]))
    if total > CONNECTIONS[overlay.name]:
        yield f"up to {total} connections to a database that takes {CONNECTIONS[overlay.name]}"


def probes_and_ports_agree(overlay):
    for name, port in SERVICES.items():
        entry = overlay.get("Deployment", name) or overlay.get("StatefulSet", name)
        if not entry:
            continue
        container = containers(entry, init=False)[0]
        settings = {variable["name"]: variable.get("value") for variable in container["env"]}
        if settings.get("PORT") != str(port) or port not in container_ports(entry):
            yield f"{title(entry)}: listens on {settings.get('PORT')}, shows {container['ports'][0]['containerPort']}, should be {port}"
        for probe, path in (("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")):
            asked = container.get(probe, {}).get("httpGet", {})
            if asked.get("path") != path or asked.get("port") not in container_ports(entry):
                yield f"{title(entry)}: {probe} asks {asked.get('port')}{asked.get('path')}"
        notes = entry["spec"]["template"]["metadata"].get("annotations", {})
        # The public port answers no metrics; the port of operations stands behind no Service.
        if port + 10000 not in container_ports(entry):
            yield f"{title(entry)}: does not show its port of operations, {port + 10000}"
        for service in overlay.of("Service"):
            if any(
                target in ("operations", port + 10000)
                for target in (item.get("targetPort", item["port"]) for item in service["spec"]["ports"])
            ):
                yield f"{title(service)}: leads to a port of operations"
        if notes.get("prometheus.io/port") != str(port + 10000) or notes.get("prometheus.io/scrape") != "true":
            yield f"{title(entry)}: Prometheus asks at {notes.get('prometheus.io/port')}"
        command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
        grace = int(overlay.config().get("SHUTDOWN_GRACE_SECONDS", 25))
        if len(command) != 3 or command[1] != "--pause":
            yield f"{title(entry)}: does not pause before it is told to stop"
        elif pod(entry).get("terminationGracePeriodSeconds", 30) < int(command[2]) + grace + 1:
            yield f"{title(entry)}: is killed before its drain is over"
        if entry["kind"] == "Deployment":
            update = entry["spec"]["strategy"].get("rollingUpdate", {})
            if (update.get("maxSurge"), update.get("maxUnavailable")) != (1, 1):
                yield f"{title(entry)}: its rollout is not one more, one less"
        if overlay.name != "dev" and pod(entry).get("initContainers"):
            yield f"{title(entry)}: waits for what is there already"


def network_policies_allow_what_is_needed(overlay):
    policies = overlay.of("NetworkPolicy")
    if not any(not entry["spec"]["podSelector"] and set(entry["spec"]["policyTypes"]) == {"Ingress", "Egress"}
               and not entry["spec"].get("ingress") and not entry["spec"].get("egress") for entry in policies):
        yield "nothing is denied by default"
    for entry in policies:
        if not selected(overlay, entry["spec"]["podSelector"]):
            yield f"{title(entry)}: selects no pod"
        for rule in [*entry["spec"].get("ingress", []), *entry["spec"].get("egress", [])]:
            for peer in [*rule.get("from", []), *rule.get("to", [])]:
                if "podSelector" in peer and "namespaceSelector" not in peer and not selected(overlay, peer["podSelector"]):
                    yield f"{title(entry)}: names a peer that no pod is"

    def allowed(direction, subject, peer, port):
        for entry in policies:
            if subject not in selected(overlay, entry["spec"]["podSelector"]):
                continue
            for rule in entry["spec"].get(direction, []):
                if rule.get("ports") and port not in [item["port"] for item in rule["ports"]]:
                    continue
                peers = rule.get("from" if direction == "ingress" else "to")
                if not peers or any("podSelector" in item and peer in selected(overlay, item["podSelector"]) for item in peers):
                    return True
                if peer is None and any("ipBlock" in item for item in peers):
                    return True
        return False

    def workload(name):
        return next(iter(overlay.matching({"app": name})), None)

    flows = [(source, target, SERVICES[target]) for source, target in FLOWS]
    if overlay.name == "dev":
        flows += [(source, "postgres", 5432) for source in DATABASE] + [(source, "dragonfly", 6379) for source in CACHE]
        flows += [("payment-service", "toss-simulator", 4010), ("toss-simulator", "payment-service", 3003)]
    else:
        flows += [(source, None, 5432) for source in DATABASE] + [(source, None, 6379) for source in CACHE]
        flows += [("payment-service", None, 443), ("auth-service", None, 443), ("gateway", None, 443)]
    for source, target, port in flows:
        sender, receiver = workload(source), workload(target) if target else None
        if not sender or (target and not receiver):
            yield f"{source} or {target} is not deployed"
        elif not allowed("egress", sender, receiver, port):
            yield f"{source} may not speak to {target or 'the outside'} at {port}"
        elif receiver and not allowed("ingress", receiver, sender, port):
            yield f"{target} does not listen to {source} at {port}"
    for name in SERVICES if overlay.name != "dev" else []:
        if name != "stats-service" and allowed("ingress", workload(name), workload("stats-service"), SERVICES[name]) and name != "gateway":
            yield f"{name} listens to stats, which never calls it"


def migration_comes_first(overlay):
    def wave(entry):
        return int(entry["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0))
    job = overlay.get("Job", "tiketi-migrate")
    if not job:
        yield "there is no migration Job"
        return
    if job["metadata"].get("annotations", {}).get("argocd.argoproj.io/hook") != "Sync":
        yield "the migration Job runs once and never again: it is no hook"
    for entry in overlay.of("ConfigMap", "Secret", "SealedSecret", "Namespace"):
        if wave(entry) >= wave(job):
            yield f"{title(entry)} comes after the migration Job that reads it"
    for name in SERVICES:
        entry = overlay.get("Deployment", name) or overlay.get("StatefulSet", name)
        if entry and wave(entry) <= wave(job):
            yield f"{title(entry)} does not wait for the migration"


def everything_has_its_namespace(overlay):
    wanted = {"dev": "tiketi", "staging": "tiketi-staging", "prod": "tiketi"}[overlay.name]
    environment = {"dev": "development", "staging": "staging", "prod": "production"}[overlay.name]
    if not overlay.get("Namespace", wanted):
        yield f"there is no namespace {wanted}"
    for entry in overlay.objects:
        if entry["kind"] != "Namespace" and entry["metadata"].get("namespace") != wanted:
            yield f"{title(entry)} is in namespace {entry['metadata'].get('namespace')}"
    for entry in overlay.workloads:
        if pod_labels(entry).get("environment") != environment:
            yield f"{title(entry)}: its pods are not labelled environment={environment}"


def node_ports_are_mapped(overlay):
    ports = [port["nodePort"] for service in overlay.of("Service") for port in service["spec"]["ports"] if "nodePort" in port]
    if overlay.name != "dev":
        if ports or any(service["spec"].get("type") == "NodePort" for service in overlay.of("Service")):
            yield "services are reached through the load balancer alone"
        return
    [cluster] = overlay.project.load("k8s/kind-config.yaml")
    mapped = {entry["containerPort"] for node in cluster["nodes"] for entry in node["extraPortMappings"]}
    for port in ports:
        if port not in mapped or not 30000 <= port <= 30006:
            yield f"NodePort {port} is not one that the cluster maps"
    if len(ports) != len(set(ports)):
        yield "two services share a NodePort"
    for name, port in SERVICES.items():
        if 27000 + port not in ports:
            yield f"{name} has no NodePort {27000 + port}"


CHECKS = [
    images_are_replaced,
    references_exist,
    services_reach_pods,
    selectors_match,
    autoscalers_fit,
    replicas_are_agreed,
    disruption_budgets_leave_room,
    ingress_leads_somewhere,
    addresses_exist,
    settings_are_known,
    secrets_are_kept,
    roles_are_kept_apart,
    pods_are_confined,
    services_are_sized,
    probes_and_ports_agree,
    network_policies_allow_what_is_needed,
    migration_comes_first,
    everything_has_its_namespace,
    node_ports_are_mapped,
]
