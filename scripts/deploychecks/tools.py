"""The real tools, each as a check: what it prints on failure is the fault."""

import pathlib
import subprocess
import sys
import tempfile

from .project import OVERLAYS

BIN = pathlib.Path(sys.executable).parent
CHECKOV = pathlib.Path(".dev/checkov/bin/checkov").resolve()

# What checkov asks for and is not done here, and why.
CHECKOV_SKIPPED = {
    "CKV_K8S_43": "tags are {short-sha}-{timestamp} and never written twice (ECR: immutable tags)",
    "CKV_K8S_15": "the same: what never changes need not be pulled always",
    "CKV_K8S_35": "configuration comes from environment variables alone",
    "CKV_K8S_40": "postgres and dragonfly (development only) run as the user of their own images",
}
SHELL = [
    "build-images",
    "kind-up",
    "kind-down",
    "seal-secrets",
    "check-deploy",
    "images/collect-root",
    "images/make-stand-ins",
    "check-images",
    "check-restore",
    "check-upgrade",
]


def run(command, root, faults=True):
    result = subprocess.run([str(part) for part in command], cwd=root, capture_output=True, text=True)
    if result.returncode and faults:
        yield (result.stdout + result.stderr).strip()[-3000:]


def manifests(project):
    """The rendered overlays as files."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tiketi-deploy-"))
    for overlay in OVERLAYS:
        (folder / f"{overlay}.yaml").write_text(project.rendered_text(overlay))
    return folder


def schemas(project):
    """Kubernetes 1.28, unknown fields refused."""
    for overlay in OVERLAYS:
        path = manifests(project) / f"{overlay}.yaml"
        # Objects of other groups (sealed secrets) have no schema there.
        objects = [entry for entry in project.rendered(overlay).objects if entry["kind"] != "SealedSecret"]
        import yaml
        path.write_text(yaml.safe_dump_all(objects))
        yield from run([BIN / "kubernetes-validate", "-k", "1.28", "--strict", "--quiet", path], project.root)


def yaml_is_tidy(project):
    yield from run([BIN / "yamllint", "--strict", "-c", ".yamllint.yml", "k8s", "argocd", ".github"], project.root)


def workflow_schemas(project):
    files = project.files(".github/workflows/*.yml")
    yield from run([BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files], project.root)


def workflow_security(project):
    yield from run([BIN / "zizmor", "--offline", "--no-progress", "--min-severity", "medium", ".github/workflows"], project.root)


def dockerfile_lint(project):
    yield from run([BIN / "hadolint", "Dockerfile"], project.root)


def shell_scripts(project):
    files = [f"scripts/{name}" for name in SHELL if (project.root / "scripts" / name).exists()]
    yield from run([BIN / "shellcheck", "-x", *files], project.root)


QUICK = [schemas, yaml_is_tidy, workflow_schemas, workflow_security, dockerfile_lint, shell_scripts]


def checkov_kubernetes(project):
    skipped = ",".join(CHECKOV_SKIPPED)
    yield from run(
        [
            CHECKOV,
            "--skip-download",
            "--quiet",
            "--compact",
            "--framework",
            "kubernetes",
            "--skip-check",
            skipped,
            "-d",
            manifests(project),
        ],
        project.root,
    )


def checkov_dockerfile(project):
    yield from run([CHECKOV, "--skip-download", "--quiet", "--compact", "--framework", "dockerfile", "-f", "Dockerfile"], project.root)


def checkov_workflows(project):
    # CKV_GHA_7: a person may choose the environment of a build started by hand.
    yield from run(
        [CHECKOV, "--skip-download", "--quiet", "--compact", "--framework", "github_actions", "--skip-check", "CKV_GHA_7", "-d", ".github"],
        project.root,
    )


SLOW = [checkov_kubernetes, checkov_dockerfile, checkov_workflows]
