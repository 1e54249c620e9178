"""Plays the development overlay's pods with podman and looks at them from outside."""

import base64
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml

from .project import SERVICES, Project, containers, pod, pod_labels

ROOT = pathlib.Path(__file__).resolve().parents[2]
PODMAN = ["podman", "--storage-driver", "overlay", "--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
ORDER = ["postgres", "dragonfly", "tiketi-migrate", "toss-simulator", *SERVICES]


def podman(*arguments, check=True, quiet=True):
    try:
        run = subprocess.run([*PODMAN, *arguments], capture_output=quiet, text=True, timeout=90)
    except subprocess.TimeoutExpired:
        sys.exit(f"podman {' '.join(arguments)} took more than 90 s")
    if check and run.returncode:
        sys.exit(f"podman {' '.join(arguments)}: {run.stderr}")
    return run


def keep_secrets(overlay, folder):
    """This podman reads a pod's secrets from its own store, as JSON, and refuses those that it stores itself."""
    for entry in overlay.of("Secret"):
        path = folder / "secret.json"
        path.write_text(json.dumps(entry["data"]))
        podman("secret", "rm", entry["metadata"]["name"], check=False)
        podman("secret", "create", entry["metadata"]["name"], str(path))


def forget_secrets(overlay):
    for entry in overlay.of("Secret"):
        podman("secret", "rm", entry["metadata"]["name"], check=False)


def names(overlay):
    """Every in-cluster name: all of them are this machine here."""
    found = [service["metadata"]["name"] for service in overlay.of("Service")]
    hubs = overlay.get("StatefulSet", "realtime-service")["spec"]["replicas"]
    return found + [f"realtime-service-{number}.realtime-service" for number in range(hubs)]


def as_pod(overlay, entry, folder):
    """The pod of a workload, with what this podman does not know replaced by what a cluster would make of it."""
    spec = dict(pod(entry))
    for absent in ("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "topologySpreadConstraints"):
        spec.pop(absent, None)
    spec["hostNetwork"] = True
    # With Always, this podman would start init containers again and again.
    spec["restartPolicy"] = "OnFailure"
    for claim in entry["spec"].get("volumeClaimTemplates", []):
        spec.setdefault("volumes", []).append({"name": claim["metadata"]["name"], "emptyDir": {}})
    # podman knows no sizes of emptyDir.
    spec["volumes"] = [{**volume, **({"emptyDir": {}} if "emptyDir" in volume else {})} for volume in spec.get("volumes", [])]
    # In the place of the cluster's name server.
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost " + " ".join(names(overlay)) + "\n")
    spec["volumes"].append({"name": "hosts", "hostPath": {"path": str(hosts), "type": "File"}})
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        container.setdefault("volumeMounts", []).append({"name": "hosts", "mountPath": "/etc/hosts", "readOnly": True})
        # Ports are this machine's own. The kubelet asks over HTTP; podman would look for curl in the image. The executables can ask
        # themselves.
        for name in ("startupProbe", "readinessProbe", "lifecycle", "ports"):
            container.pop(name, None)
        probe = container.pop("livenessProbe", None)
        if probe and "httpGet" in probe:
            executable = container["name"].removesuffix("-service")
            container["livenessProbe"] = {
                "exec": {"command": [f"/tiketi/{executable}", "--probe", probe["httpGet"]["path"]]},
                "periodSeconds": 10,
            }
        # A key that may be missing and is.
        container["env"] = [
            variable for variable in container.get("env", []) if not variable.get("valueFrom", {}).get("secretKeyRef", {}).get("optional")
        ]
        for variable in container["env"]:
            source = variable.get("valueFrom", {})
            if "resourceFieldRef" in source:
                variable.update({"value": str(container["resources"]["limits"]["cpu"])})
                del variable["valueFrom"]
            elif "fieldRef" in source:
                variable.update({"value": "0"})
                del variable["valueFrom"]
    # This podman removes init containers that ran, sometimes before they have ended, unless they may run again.
    notes = {"io.podman.annotations.init.container.type": "always"}
    metadata = {"name": entry["metadata"]["name"], "labels": pod_labels(entry), "annotations": notes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def play(overlay, entry, folder):
    """One pod with the configuration it refers to."""
    path = folder / f"{entry['metadata']['name']}.yaml"
    path.write_text(yaml.safe_dump_all([*overlay.of("ConfigMap"), as_pod(overlay, entry, folder)]))
    podman("play", "kube", "--network", "host", "--no-hosts", str(path))


def answers(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait(condition, what, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            for entry in json.loads(podman("ps", "--all", "--format", "json").stdout):
                print(entry["Names"], entry["Status"], podman("logs", "--tail", "5", entry["Id"], check=False).stdout, file=sys.stderr)
            sys.exit(f"{what} did not happen within {seconds} s")
        time.sleep(0.2)


def finished(name):
    state = json.loads(podman("container", "inspect", name).stdout)[0]["State"]
    if state["Status"] in ("exited", "stopped") and state["ExitCode"] != 0:
        sys.exit(f"{name} ended with {state['ExitCode']}: {podman('logs', name).stdout[-2000:]}")
    return state["Status"] in ("exited", "stopped")


def confinement(name):
    """How the kernel sees the first process of a container: user, capabilities, whether its root can be written, what may be gained."""
    pid = json.loads(podman("container", "inspect", name).stdout)[0]["State"]["Pid"]
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    mounts = [line.split() for line in pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]
    root = next(fields for fields in mounts if fields[4] == "/")
    return {
        "uid": int(status["Uid"].split()[0]),
        "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
        "readOnly": "ro" in root[5].split(","),
        "noNewPrivileges": status["NoNewPrivs"].strip() == "1",
        "memory": int(status["VmRSS"].split()[0]),
    }


def main():
    overlay = Project(ROOT).rendered("dev")
    workloads = {entry["metadata"]["name"]: entry for entry in overlay.workloads}
    if set(workloads) != set(ORDER):
        sys.exit(f"the overlay runs {sorted(workloads)}, this script knows {sorted(ORDER)}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tiketi-pods-"))
    settings = folder / "containers.conf"
    # No more than this process may have: inside another container, limits can't be raised.
    limits = {
        name: min(resource.getrlimit(kind)[1], 16384)
        for name, kind in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))
    }
    settings.write_text(
        "[containers]\ndefault_ulimits = [" + ", ".join(f'"{name}={limit}:{limit}"' for name, limit in limits.items()) + "]\n"
    )
    os.environ["CONTAINERS_CONF"] = str(settings)
    podman("pod", "rm", "--force", "--ignore", *ORDER, check=False)
    try:
        keep_secrets(overlay, folder)
        for name in ORDER:
            play(overlay, workloads[name], folder)
            if name == "tiketi-migrate":
                wait(lambda: finished("tiketi-migrate-migrate"), "the migration")
                print("migrated by the Job's pod", flush=True)
        for name, port in SERVICES.items():
            wait(lambda port=port: answers(port, "/ready"), f"{name} ready")
        configuration = yaml.safe_load((folder / "gateway.yaml").read_text().split("---")[0])["data"]
        secrets = overlay.of("Secret")[0]["data"]
        environment = {key: value for key, value in configuration.items()} | {
            key: base64.b64decode(value).decode() for key, value in secrets.items()
        }
        options = [
            item
            for key in (
                "DB_HOST",
                "DB_PORT",
                "DB_NAME",
                "DB_SSLMODE",
                "DB_ADMIN_USER",
                "DB_ADMIN_PASSWORD",
                "NODE_ENV",
                "DB_PASSWORD_TICKET",
            )
            for item in ("--env", f"{key}={environment[key]}")
        ]
        podman("run", "--rm", "--network", "host", "--add-host", "postgres-service:127.0.0.1", "--read-only", "--cap-drop", "all", *options,
               "tiketi-migrate:local", "seed", quiet=False)
        bad = 0
        for name in ORDER:
            if name == "tiketi-migrate":
                continue
            for container in containers(workloads[name], init=False):
                seen = confinement(f"{name}-{container['name']}")
                good = seen["uid"] > 0 and not seen["capabilities"] and seen["readOnly"] and seen["noNewPrivileges"]
                bad += not good
                print(f"{'ok' if good else 'FAILED':7} {name}: uid {seen['uid']}, capabilities {seen['capabilities']:x}, root "
                      f"{'read-only' if seen['readOnly'] else 'writable'}, {seen['memory'] / 1024:.1f} MB resident", flush=True)
        probed = podman("exec", "ticket-service-ticket-service", "/tiketi/ticket", "--probe", "/ready", check=False).returncode
        refused = podman("exec", "ticket-service-ticket-service", "/tiketi/ticket", "--probe", "/nothing", check=False).returncode
        print(
            f"{'ok' if (probed, refused) == (0, 1) else 'FAILED':7} the ticket image probes itself: ready {probed}, another path {refused}"
        )
        bad += (probed, refused) != (0, 1)
        bought = subprocess.run([ROOT / "scripts" / "buy"], env={**os.environ, "TIKETI_PORT_OFFSET": "0"}, cwd=ROOT).returncode
        began = time.monotonic()
        podman("stop", "--time", "30", "ticket-service-ticket-service")
        code = json.loads(podman("container", "inspect", "ticket-service-ticket-service").stdout)[0]["State"]["ExitCode"]
        print(f"{'ok' if code == 0 else 'FAILED':7} SIGTERM ended ticket with {code} after {time.monotonic() - began:.1f} s")
        sys.exit(bool(bad or bought or code))
    finally:
        if os.environ.get("KEEP") != "1":
            podman("pod", "rm", "--force", "--ignore", *ORDER, check=False)
            forget_secrets(overlay)


if __name__ == "__main__":
    main()
