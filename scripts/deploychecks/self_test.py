"""Faults that people really make, one at a time in a copy of the files; a check must find each. Then writers of image tags that finish
together."""

import pathlib
import shutil
import subprocess
import tempfile

from . import delivery, kubernetes, monitoring, tools
from .project import Project

K = "k8s/base"
FAULTS = [  # what, file, old text, new text, the check that finds it
    (
        "a misspelt image name",
        "k8s/overlays/prod/kustomization.yaml",
        "- name: tiketi-ticket-service",
        "- name: tiketi-tickets-service",
        kubernetes.images_are_replaced,
    ),
    (
        "a tag that moves",
        "k8s/overlays/staging/kustomization.yaml",
        "tiketi-auth-service\n    newTag: 0000000-20260101-000000",
        "tiketi-auth-service\n    newTag: latest",
        kubernetes.images_are_replaced,
    ),
    (
        "a secret key that nobody has",
        f"{K}/payment-service/deployment.yaml",
        "key: TOSS_SECRET_KEY",
        "key: TOSS_SECRET",
        kubernetes.references_exist,
    ),
    (
        "a ConfigMap of another name",
        f"{K}/auth-service/deployment.yaml",
        "name: tiketi-config",
        "name: tiketi-configs",
        kubernetes.references_exist,
    ),
    (
        "an account that is not there",
        f"{K}/stats-service/deployment.yaml",
        "serviceAccountName: stats-service",
        "serviceAccountName: stats",
        kubernetes.references_exist,
    ),
    (
        "a Service that selects nobody",
        f"{K}/ticket-service/service.yaml",
        "  selector:\n    app: ticket-service",
        "  selector:\n    app: tickets",
        kubernetes.services_reach_pods,
    ),
    (
        "a Service at a port that no container has",
        f"{K}/auth-service/service.yaml",
        "targetPort: http",
        "targetPort: 8080",
        kubernetes.services_reach_pods,
    ),
    (
        "a selector unlike the labels",
        f"{K}/gateway/deployment.yaml",
        "  selector:\n    matchLabels:\n      app: gateway",
        "  selector:\n    matchLabels:\n      app: backend",
        kubernetes.selectors_match,
    ),
    (
        "an autoscaler of nothing",
        "k8s/overlays/prod/hpa.yaml",
        "    name: payment-service",
        "    name: payments",
        kubernetes.autoscalers_fit,
    ),
    (
        "an autoscaler that hesitates",
        "k8s/overlays/staging/hpa.yaml",
        "stabilizationWindowSeconds: 0",
        "stabilizationWindowSeconds: 300",
        kubernetes.autoscalers_fit,
    ),
    (
        "a budget that stops every drain",
        "k8s/overlays/prod/pdb.yaml",
        "name: auth-service-pdb\nspec:\n  minAvailable: 2",
        "name: auth-service-pdb\nspec:\n  minAvailable: 3",
        kubernetes.disruption_budgets_leave_room,
    ),
    (
        "an entry that leads nowhere",
        "k8s/overlays/staging/ingress.yaml",
        "number: 3001",
        "number: 3000",
        kubernetes.ingress_leads_somewhere,
    ),
    (
        "production without its WAF",
        "k8s/overlays/prod/ingress.yaml",
        "alb.ingress.kubernetes.io/wafv2-acl-arn",
        "alb.ingress.kubernetes.io/wafv2-acl",
        kubernetes.ingress_leads_somewhere,
    ),
    (
        "a service called by a wrong name",
        "k8s/overlays/prod/kustomization.yaml",
        "http://payment-service:3003",
        "http://payments-service:3003",
        kubernetes.addresses_exist,
    ),
    (
        "a hub that the gateway does not know",
        "k8s/overlays/prod/replicas-patch.yaml",
        "name: realtime-service\nspec:\n  replicas: 3",
        "name: realtime-service\nspec:\n  replicas: 4",
        kubernetes.addresses_exist,
    ),
    ("a misspelt setting", "k8s/overlays/staging/kustomization.yaml", "TRUSTED_PROXIES=", "TRUSTED_PROXYS=", kubernetes.settings_are_known),
    (
        "production with development settings",
        "k8s/overlays/prod/kustomization.yaml",
        "NODE_ENV=production",
        "NODE_ENV=development",
        kubernetes.settings_are_known,
    ),
    (
        "a plain value in a sealed secret",
        "k8s/overlays/prod/secrets.enc.yaml",
        "JWT_SECRET: PLACEHOLDER-run-scripts-seal-secrets",
        "JWT_SECRET: c2VjcmV0",
        kubernetes.secrets_are_kept,
    ),
    (
        "one password for two roles",
        f"{K}/stats-service/deployment.yaml",
        "key: DB_PASSWORD_STATS",
        "key: DB_PASSWORD_TICKET",
        kubernetes.roles_are_kept_apart,
    ),
    (
        "a role whose password nobody sets",
        f"{K}/migrate/job.yaml",
        "- name: DB_PASSWORD_AUTH",
        "- name: DB_PASSWORD_AUTHS",
        kubernetes.roles_are_kept_apart,
    ),
    (
        "images on one pod's disk",
        "k8s/overlays/prod/kustomization.yaml",
        "      - AWS_S3_BUCKET=tiketi-prod-assets\n",
        "",
        kubernetes.roles_are_kept_apart,
    ),
    (
        "a database that is believed",
        "k8s/overlays/prod/kustomization.yaml",
        "DB_SSLMODE=verify-full",
        "DB_SSLMODE=require",
        kubernetes.settings_are_known,
    ),
    (
        "metrics at the public port",
        f"{K}/gateway/deployment.yaml",
        'prometheus.io/port: "13001"',
        'prometheus.io/port: "3001"',
        kubernetes.probes_and_ports_agree,
    ),
    (
        "applications made by applications",
        "argocd/projects/tiketi-project.yaml",
        "    - namespace: tiketi-staging\n",
        "    - namespace: argocd\n      server: https://kubernetes.default.svc\n    - namespace: tiketi-staging\n",
        delivery.argocd_leads_to_what_is_there,
    ),
    (
        "production's rights from any branch",
        ".github/workflows/build-and-deploy.yml",
        "    environment: ${{ needs.plan.outputs.github-environment }}\n",
        "",
        delivery.workflows_build_what_is_there,
    ),
    (
        "a root file system that can be written",
        f"{K}/ticket-service/deployment.yaml",
        "readOnlyRootFilesystem: true",
        "readOnlyRootFilesystem: false",
        kubernetes.pods_are_confined,
    ),
    ("a pod that may be root", f"{K}/migrate/job.yaml", "runAsNonRoot: true", "runAsNonRoot: false", kubernetes.pods_are_confined),
    (
        "no limits",
        "k8s/base/auth-service/deployment.yaml",
        "            limits:\n              cpu: \"1\"\n              memory: 512Mi\n",
        "",
        kubernetes.pods_are_confined,
    ),
    (
        "more connections than the database takes",
        "k8s/overlays/prod/kustomization.yaml",
        "DB_WRITE_CONNECTIONS_PER_WORKER=8",
        "DB_WRITE_CONNECTIONS_PER_WORKER=16",
        kubernetes.services_are_sized,
    ),
    (
        "a probe of a path that is not there",
        f"{K}/stats-service/deployment.yaml",
        "path: /ready",
        "path: /readyz",
        kubernetes.probes_and_ports_agree,
    ),
    (
        "a grace shorter than the drain",
        f"{K}/payment-service/deployment.yaml",
        "terminationGracePeriodSeconds: 45",
        "terminationGracePeriodSeconds: 20",
        kubernetes.probes_and_ports_agree,
    ),
    (
        "a forgotten way between services",
        f"{K}/network-policies.yaml",
        "              app: ticket-service\n      ports:\n        - port: 3002\n    - to:\n        - ipBlock",
        "              app: stats-service\n      ports:\n        - port: 3002\n    - to:\n        - ipBlock",
        kubernetes.network_policies_allow_what_is_needed,
    ),
    (
        "everything allowed",
        f"{K}/network-policies.yaml",
        "  name: default-deny\nspec:\n  podSelector: {}",
        "  name: default-deny\nspec:\n  podSelector:\n    matchLabels:\n      app: gateway",
        kubernetes.network_policies_allow_what_is_needed,
    ),
    ("a migration after the rollout", f"{K}/migrate/job.yaml", 'sync-wave: "-1"', 'sync-wave: "1"', kubernetes.migration_comes_first),
    (
        "a configuration after the migration",
        "k8s/overlays/staging/kustomization.yaml",
        'sync-wave: "-2"',
        'sync-wave: "0"',
        kubernetes.migration_comes_first,
    ),
    (
        "another namespace",
        "k8s/overlays/staging/kustomization.yaml",
        "namespace: tiketi-staging",
        "namespace: tiketi",
        kubernetes.everything_has_its_namespace,
    ),
    (
        "a NodePort that is not mapped",
        "k8s/overlays/dev/service-nodeport-patches.yaml",
        "nodePort: 30002",
        "nodePort: 30022",
        kubernetes.node_ports_are_mapped,
    ),
    (
        "an application of a folder that is not there",
        "argocd/applications/tiketi-staging.yaml",
        "path: k8s/overlays/staging",
        "path: k8s/overlays/stage",
        delivery.argocd_leads_to_what_is_there,
    ),
    (
        "production that syncs by itself",
        "argocd/applications/tiketi-prod.yaml",
        "  syncPolicy:\n",
        "  syncPolicy:\n    automated: {}\n",
        delivery.argocd_leads_to_what_is_there,
    ),
    (
        "development in production's cluster",
        "argocd/applications/tiketi-dev.yaml",
        "name: kind-tiketi-local",
        "server: https://kubernetes.default.svc",
        delivery.argocd_leads_to_what_is_there,
    ),
    (
        "an action by its tag",
        ".github/workflows/tests.yml",
        "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
        "actions/checkout@v4",
        delivery.workflows_build_what_is_there,
    ),
    (
        "a path filter of a folder that is not there",
        ".github/workflows/ticket-service-ci-cd.yml",
        "Sources/TicketService/**",
        "services/ticket-service/**",
        delivery.workflows_build_what_is_there,
    ),
    (
        "a workflow with every permission",
        ".github/workflows/tests.yml",
        "permissions:\n  contents: read\n",
        "",
        delivery.workflows_build_what_is_there,
    ),
    (
        "another service's image",
        ".github/workflows/stats-service-ci-cd.yml",
        "target: stats",
        "target: ticket",
        delivery.workflows_build_what_is_there,
    ),
    (
        "a target that is not there",
        "Dockerfile",
        "FROM runtime AS stats",
        "FROM runtime AS statistics",
        delivery.dockerfile_has_every_target,
    ),
    (
        "an image that runs as root",
        "Dockerfile",
        "COPY --from=root /root-files /\nUSER 10001:10001",
        "COPY --from=root /root-files /\nUSER 0:0",
        delivery.dockerfile_has_every_target,
    ),
    (
        "an alert that speaks too late",
        "k8s/monitoring/prometheus/alerts.yml",
        "tiketi_payments_oldest_unfinished_seconds) > 300",
        "tiketi_payments_oldest_unfinished_seconds) > 600",
        monitoring.rules_do_what_they_say,
    ),
    (
        "a panel of a metric that nobody counts",
        "k8s/monitoring/grafana/sale.json",
        "tiketi_seats_reserved_total",
        "tiketi_seats_sold_total",
        monitoring.metrics_exist,
    ),
    ("an alert without a page", "docs/operations.md", "`TiketiQueueStuck`", "`TiketiQueue`", monitoring.alerts_are_explained),
    (
        "a field that Kubernetes does not know",
        f"{K}/gateway/deployment.yaml",
        "imagePullPolicy: IfNotPresent",
        "imagePullpolicy: IfNotPresent",
        tools.schemas,
    ),
    (
        "input of strangers in a script",
        ".github/workflows/build-and-deploy.yml",
        "environment=$ASKED",
        "environment=${{ inputs.environment }}",
        tools.workflow_security,
    ),
    (
        "a word that a workflow does not know",
        ".github/workflows/tests.yml",
        "timeout-minutes: 60",
        "timeout-minute: 60",
        tools.workflow_schemas,
    ),
    ("an unquoted variable", "scripts/build-images", '"tiketi-$image:$tag"', "tiketi-$image:$tag", tools.shell_scripts),
    ("a process that gets no signals", "Dockerfile", 'ENTRYPOINT ["/tiketi/stats"]', "ENTRYPOINT /tiketi/stats", tools.dockerfile_lint),
]
COPIED = [
    "k8s",
    "argocd",
    ".github",
    "Dockerfile",
    ".dockerignore",
    "scripts",
    "docs",
    "Package.swift",
    "database",
    "Sources",
    "web",
    ".yamllint.yml",
]


def copy(root, target):
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, target / name)


def run(root, findings, short):
    """All faults, or for every day the first of each check that needs no tool."""
    missed = 0
    faults = FAULTS
    if short:
        own = [fault for fault in FAULTS if fault[4] not in [*tools.QUICK, monitoring.rules_do_what_they_say]]
        faults = [fault for number, fault in enumerate(own) if fault[4] not in [earlier[4] for earlier in own[:number]]]
    whole = Project(root)
    clean = {check: [fault for _, fault in findings(whole, [check])] for check in {fault[4]: None for fault in faults}}
    with tempfile.TemporaryDirectory(prefix="tiketi-faults-") as folder:
        place = pathlib.Path(folder)
        copy(root, place)
        for what, path, old, new, check in faults:
            file = place / path
            before = file.read_text()
            assert old in before, f"{what}: {path} has changed; nothing to break there"
            file.write_text(before.replace(old, new))
            _, first = next(findings(Project(place), [check]), (None, None))
            file.write_text(before)
            missed += not first or bool(clean[check])
            said = "found without it too" if clean[check] else first.splitlines()[0][:110] if first else "nothing was found"
            print(f"{'ok' if first and not clean[check] else 'MISSED':7} {what}: {said}", flush=True)
        missed += not tags_meet(place)
    print(f"{len(faults) + 1 - missed} of {len(faults) + 1} found")
    return bool(missed)


def tags_meet(place):
    """Seven services finish at the same moment: every tag arrives, each in a commit of its own."""
    work = place / "together"
    work.mkdir()

    def git(*arguments, cwd=work):
        identity = ["-c", "user.name=bot", "-c", "user.email=bot@example.com", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet", "--bare", "origin.git")
    git("clone", "--quiet", "origin.git", "first")
    shutil.copytree(place / "k8s", work / "first" / "k8s")
    shutil.copytree(place / "scripts", work / "first" / "scripts")
    git("add", ".", cwd=work / "first")
    git("commit", "--quiet", "-m", "Start", cwd=work / "first")
    git("push", "--quiet", "origin", "HEAD:main", cwd=work / "first")
    runs = []
    for number, image in enumerate(delivery.TARGETS):
        clone = work / image
        git("clone", "--quiet", "-b", "main", "origin.git", image)
        git("config", "user.name", "bot", cwd=clone)
        git("config", "user.email", "bot@example.com", cwd=clone)
        command = ["scripts/bump-image", "--push", "staging", image, f"abcdef{number}-20260102-030405", "1.dkr.ecr.eu-west-1.amazonaws.com"]
        runs.append(subprocess.Popen(command, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    outputs = [process.communicate()[0] for process in runs]
    text = git("show", "main:k8s/overlays/staging/kustomization.yaml", cwd=work / "origin.git")
    arrived = [
        f"newName: 1.dkr.ecr.eu-west-1.amazonaws.com/tiketi-{image}\n    newTag: abcdef{number}-20260102-030405\n" in text
        for number, image in enumerate(delivery.TARGETS)
    ]
    commits = len(git("log", "--format=%s", "main", cwd=work / "origin.git").splitlines())
    good = all(arrived) and commits == len(arrived) + 1
    print(f"{'ok' if good else 'MISSED':7} tags written together: {sum(arrived)} of {len(arrived)} arrived, {commits - 1} commits")
    if not good:
        print("\n".join(outputs))
    return good
