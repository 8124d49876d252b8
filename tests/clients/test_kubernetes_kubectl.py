"""kubectl, unmodified, against a world."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falsefront.control_plane.addresses import kubeconfig
from falsefront.control_plane.serving import Background
from falsefront.faults import Rule, put_rule

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

APP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {app: app}}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
      - name: main
        image: redis:7
        ports: [{containerPort: 6379}]
"""


class Kubectl:
    """A command line in a world of its own."""

    def __init__(self, background: Background, world: str, home: Path) -> None:
        self.background = background
        self.world = world
        config = home / f"{world}.json"
        config.write_text(kubeconfig(f"{background.url}/w/{world}/kubernetes", world))
        self._env = {**os.environ, "KUBECONFIG": str(config), "HOME": str(home)}

    def run(self, *args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["kubectl", *args],
            input=stdin,
            capture_output=True,
            text=True,
            env={**self._env, **environment},
            timeout=60,
            check=False,
        )

    def __call__(self, *args: str, stdin: str = "", **environment: str) -> str:
        done = self.run(*args, stdin=stdin, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *args: str) -> Any:
        return json.loads(self(*args, "-o", "json"))

    def error(self, *args: str, stdin: str = "") -> str:
        done = self.run(*args, stdin=stdin)
        assert done.returncode != 0, done.stdout
        return done.stderr.strip()


@pytest.fixture(scope="module")
def server(serve: Callable[..., Background]) -> Background:
    return serve("kubernetes")


@pytest.fixture
def kubectl(server: Background, tmp_path: Path, request: pytest.FixtureRequest) -> Kubectl:
    world = re.sub(r"\W+", "-", request.node.name)[:60].strip("-")
    server.call(lambda: server.runtime.worlds.create(world))
    return Kubectl(server, world, tmp_path)


def columns(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def test_version_and_cluster_info(kubectl: Kubectl) -> None:
    assert kubectl.json("version")["serverVersion"]["gitVersion"].startswith("v1.36.")
    assert f"/w/{kubectl.world}/kubernetes" in kubectl("cluster-info")


def test_a_new_cluster(kubectl: Kubectl) -> None:
    assert [row[:2] for row in columns(kubectl("get", "namespaces"))] == [
        ["NAME", "STATUS"],
        ["default", "Active"],
        ["kube-node-lease", "Active"],
        ["kube-public", "Active"],
        ["kube-system", "Active"],
    ]
    assert [row[:3] for row in columns(kubectl("get", "nodes"))][1:] == [
        [f"node-{n}", "Ready", "<none>"] for n in (1, 2, 3)
    ]
    assert columns(kubectl("get", "all"))[1][:2] == ["service/kubernetes", "ClusterIP"]
    assert kubectl.run("get", "pods").stderr == "No resources found in default namespace.\n"


def test_create_and_scale_a_deployment(kubectl: Kubectl) -> None:
    assert (
        kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=2") == "deployment.apps/web created\n"
    )
    assert columns(kubectl("get", "deploy"))[1][:4] == ["web", "2/2", "2", "2"]
    assert kubectl("scale", "deploy/web", "--replicas=4") == "deployment.apps/web scaled\n"
    pods = columns(kubectl("get", "pods"))
    assert pods[0] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [row[1:4] for row in pods[1:]] == [["1/1", "Running", "0"]] * 4
    wide = columns(kubectl("get", "pods", "-o", "wide"))
    assert wide[0][5:] == ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
    assert {row[6] for row in wide[1:]} == {"node-1", "node-2", "node-3"}
    names = kubectl("get", "pods", "-l", "app=web", "-o", "name").split()
    assert len(names) == 4
    assert all(name.startswith("pod/web-") for name in names)
    assert kubectl("get", "pods", "-A", "--field-selector=status.phase=Running", "-o", "name").split() == names
    assert kubectl.run("get", "pods", "-l", "app!=web").stdout == ""


def test_typed_creates(kubectl: Kubectl) -> None:
    """What kubectl sends as protobuf arrives whole."""
    kubectl("create", "namespace", "shop")
    kubectl("create", "configmap", "c", "--from-literal=a=b", "-n", "shop")
    assert kubectl.json("get", "configmap", "c", "-n", "shop")["data"] == {"a": "b"}
    kubectl("create", "secret", "generic", "s", "--from-literal=p=q")
    assert kubectl.json("get", "secret", "s")["data"] == {"p": "cQ=="}
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "service", "clusterip", "front", "--tcp=80:8080")
    port = kubectl.json("get", "service", "front")["spec"]["ports"][0]
    assert (port["port"], port["targetPort"], port["protocol"]) == (80, 8080, "TCP")
    kubectl("create", "cronjob", "tick", "--image=busybox", "--schedule=*/5 * * * *", "--", "date")
    job = kubectl.json("get", "cronjob", "tick")["spec"]
    assert job["schedule"] == "*/5 * * * *"
    assert job["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"] == ["date"]
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods")
    assert kubectl.json("get", "role", "reader")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    ]
    kubectl("create", "rolebinding", "readers", "--role=reader", "--user=alice")
    kubectl("create", "ingress", "in", "--rule=a.example/*=front:80")
    path = kubectl.json("get", "ingress", "in")["spec"]["rules"][0]["http"]["paths"][0]
    assert path["backend"] == {"service": {"name": "front", "port": {"number": 80}}}
    kubectl("create", "quota", "q", "--hard=pods=5")
    kubectl("create", "poddisruptionbudget", "p", "--selector=a=b", "--min-available=1")
    kubectl("create", "priorityclass", "high", "--value=1000")
    kubectl("create", "deployment", "web", "--image=nginx")
    kubectl("autoscale", "deployment", "web", "--min=1", "--max=3", "--cpu-percent=50")
    assert kubectl("auth", "can-i", "create", "pods") == "yes\n"
    assert "kubernetes-admin" in kubectl("auth", "whoami")


def test_apply_says_created_configured_unchanged(kubectl: Kubectl) -> None:
    assert kubectl("apply", "-f", "-", stdin=APP) == "configmap/settings created\ndeployment.apps/app created\n"
    assert kubectl("apply", "-f", "-", stdin=APP) == "configmap/settings unchanged\ndeployment.apps/app unchanged\n"
    changed = APP.replace("blue", "red").replace("replicas: 2", "replicas: 3")
    difference = kubectl.run("diff", "-f", "-", stdin=changed)
    assert difference.returncode == 1, difference.stderr
    assert "-  colour: blue" in difference.stdout
    assert "+  replicas: 3" in difference.stdout
    assert "resourceVersion" not in re.sub(r"(?m)^ .*$", "", difference.stdout)
    assert (
        kubectl("apply", "-f", "-", stdin=changed) == "configmap/settings configured\ndeployment.apps/app configured\n"
    )
    assert kubectl.json("get", "deploy", "app")["status"]["readyReplicas"] == 3
    removed = APP.replace("data: {colour: blue}", "data: {}")
    kubectl("apply", "-f", "-", stdin=removed)
    assert "data" not in kubectl.json("get", "configmap", "settings")


def test_server_side_apply_and_its_conflicts(kubectl: Kubectl) -> None:
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", stdin=APP)
    first = kubectl.json("get", "deploy", "app", "--show-managed-fields")
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", stdin=APP)
    second = kubectl.json("get", "deploy", "app", "--show-managed-fields")
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    kubectl("scale", "deploy/app", "--replicas=5")
    said = kubectl.error("apply", "--server-side", "-f", "-", stdin=APP)
    assert said.startswith('error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale"')
    assert ": .spec.replicas" in said
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=APP)
    assert kubectl.json("get", "deploy", "app")["spec"]["replicas"] == 2


def test_client_side_apply_moves_to_server_side(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=APP)
    changed = APP.replace("blue", "green")
    assert 'conflict with "kubectl-client-side-apply" using v1' in kubectl.error(
        "apply", "--server-side", "-f", "-", stdin=changed
    )
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", stdin=APP)
    managers = kubectl.json("get", "configmap", "settings", "--show-managed-fields")["metadata"]["managedFields"]
    assert [(entry["manager"], entry["operation"]) for entry in managers] == [
        ("kubectl-last-applied", "Apply"),
        ("kubectl", "Apply"),
    ]
    kubectl("apply", "--server-side", "-f", "-", stdin=changed)
    assert kubectl.json("get", "configmap", "settings")["data"] == {"colour": "green"}


def test_rollout(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=3")
    kubectl("set", "image", "deploy/web", "nginx=nginx:1.28")
    assert kubectl("rollout", "status", "deploy/web").endswith('deployment "web" successfully rolled out\n')
    assert [row[1:4] for row in columns(kubectl("get", "rs"))[1:]].count(["3", "3", "3"]) == 1
    assert [row[0] for row in columns(kubectl("rollout", "history", "deploy/web"))[2:4]] == ["1", "2"]
    assert "nginx:1.27" in kubectl("rollout", "history", "deploy/web", "--revision=1")
    assert kubectl("rollout", "undo", "deploy/web") == "deployment.apps/web rolled back\n"
    kubectl("rollout", "status", "deploy/web")
    assert len(columns(kubectl("get", "rs"))) == 3
    assert kubectl.json("get", "deploy", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.27"
    before = kubectl("get", "pods", "-o", "name")
    kubectl("rollout", "restart", "deploy/web")
    kubectl("rollout", "status", "deploy/web")
    assert not set(before.split()) & set(kubectl("get", "pods", "-o", "name").split())


def test_rollout_pause_and_resume(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27")
    kubectl("rollout", "pause", "deploy/web")
    kubectl("set", "image", "deploy/web", "nginx=nginx:1.28")
    assert len(columns(kubectl("get", "rs"))) == 2
    kubectl("rollout", "resume", "deploy/web")
    kubectl("rollout", "status", "deploy/web")
    assert len(columns(kubectl("get", "rs"))) == 3


def test_a_bad_image(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=2")
    kubectl("set", "image", "deploy/web", "nginx=nginx:does-not-exist")
    statuses = sorted(row[2] for row in columns(kubectl("get", "pods"))[1:])
    assert statuses == ["ImagePullBackOff", "Running", "Running"]
    bad = next(row[0] for row in columns(kubectl("get", "pods"))[1:] if row[2] == "ImagePullBackOff")
    described = kubectl("describe", "pod", bad)
    assert 'Back-off pulling image "nginx:does-not-exist"' in described
    assert "rpc error: code = NotFound" in described
    assert "is waiting to start: trying and failing to pull image" in kubectl.error("logs", bad)
    assert (
        "1 out of 2 new replicas have been updated"
        in kubectl.run("rollout", "status", "deploy/web", "--timeout=1s").stdout
    )


def test_describe(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27")
    text = kubectl("describe", "deploy", "web")
    assert re.search(r"Replicas:\s+1 desired \| 1 updated \| 1 total \| 1 available \| 0 unavailable", text)
    assert "Scaled up replica set web-" in text
    pod = kubectl("get", "pods", "-o", "name").strip()
    text = kubectl("describe", pod)
    assert re.search(r"Controlled By:\s+ReplicaSet/web-", text)
    for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started"):
        assert f"  {reason} " in text
    assert "Kubelet Version:" in kubectl("describe", "node", "node-1")
    assert "Status:       Active" in kubectl("describe", "namespace", "default")


def test_self_healing(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=2")
    victim = kubectl("get", "pods", "-o", "name").split()[0]
    assert kubectl("delete", victim).startswith(f'pod "{victim.removeprefix("pod/")}" deleted')
    pods = kubectl("get", "pods", "-o", "name").split()
    assert len(pods) == 2
    assert victim not in pods


def test_services_find_their_pods(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=2")
    assert kubectl("expose", "deploy/web", "--port=80", "--target-port=8080") == "service/web exposed\n"
    addresses = kubectl.json("get", "endpoints", "web")["subsets"][0]
    pods = kubectl.json("get", "pods", "-l", "app=web")["items"]
    assert {a["ip"] for a in addresses["addresses"]} == {pod["status"]["podIP"] for pod in pods}
    assert addresses["ports"] == [{"port": 8080, "protocol": "TCP"}]
    slices = kubectl.json("get", "endpointslices", "-l", "kubernetes.io/service-name=web")["items"]
    assert len(slices[0]["endpoints"]) == 2
    kubectl("scale", "deploy/web", "--replicas=0")
    assert "subsets" not in kubectl.json("get", "endpoints", "web")


def test_label_annotate_patch_edit_replace(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=APP)
    kubectl("label", "deploy", "app", "tier=back")
    assert kubectl.json("get", "deploy", "app")["metadata"]["labels"] == {"app": "app", "tier": "back"}
    kubectl("label", "deploy", "app", "tier-")
    kubectl("annotate", "deploy", "app", "note=hello")
    kubectl(
        "patch",
        "deploy",
        "app",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"redis:8"}]}}}}',
    )
    containers = kubectl.json("get", "deploy", "app")["spec"]["template"]["spec"]["containers"]
    assert [(c["image"], c["ports"][0]["containerPort"]) for c in containers] == [("redis:8", 6379)]
    kubectl("patch", "deploy", "app", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":1}]')
    kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data":{"colour":null,"size":"xl"}}')
    assert kubectl.json("get", "configmap", "settings")["data"] == {"size": "xl"}
    kubectl("edit", "configmap", "settings", KUBE_EDITOR="sed -i s/xl/xs/")
    assert kubectl.json("get", "configmap", "settings")["data"] == {"size": "xs"}
    assert "replaced" in kubectl("replace", "-f", "-", stdin=APP)
    assert kubectl.json("get", "configmap", "settings")["data"] == {"colour": "blue"}


def test_wait_and_watch(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27")
    assert kubectl("wait", "--for=condition=Available", "deploy/web", "--timeout=10s").endswith("condition met\n")
    watching = subprocess.Popen(
        ["kubectl", "get", "deploy", "-w", "--output-watch-events"],
        stdout=subprocess.PIPE,
        text=True,
        env=kubectl._env,
    )
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline().split()[:2] == ["EVENT", "NAME"]
        assert watching.stdout.readline().split()[:3] == ["ADDED", "web", "1/1"]
        kubectl("scale", "deploy/web", "--replicas=2")
        seen = watching.stdout.readline().split()[:3]
        while seen != ["MODIFIED", "web", "2/2"]:
            assert seen[0] == "MODIFIED"
            seen = watching.stdout.readline().split()[:3]
    finally:
        watching.kill()
        watching.communicate()


def test_jobs(kubectl: Kubectl) -> None:
    kubectl("create", "job", "good", "--image=busybox", "--", "date")
    kubectl("wait", "--for=condition=complete", "job/good", "--timeout=10s")
    assert columns(kubectl("get", "jobs"))[1][:3] == ["good", "Complete", "1/1"]
    kubectl("run", "once", "--image=busybox", "--restart=Never", "--", "sh", "-c", "exit 3")
    assert columns(kubectl("get", "pod", "once"))[1][1:3] == ["0/1", "Error"]
    state = kubectl.json("get", "pod", "once")["status"]["containerStatuses"][0]["state"]
    assert state["terminated"]["exitCode"] == 3


def test_crash_loop(kubectl: Kubectl) -> None:
    kubectl("run", "loop", "--image=busybox", "--", "sh", "-c", "exit 1")
    row = columns(kubectl("get", "pod", "loop"))[1]
    assert row[2] == "CrashLoopBackOff"
    assert "Back-off restarting failed container loop in pod loop_default(" in kubectl("describe", "pod", "loop")


def test_stateful_and_daemon_sets(kubectl: Kubectl) -> None:
    template = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'redis:7'}]}}"
    for kind, more in (("StatefulSet", "serviceName: s, replicas: 3, "), ("DaemonSet", "")):
        name = kind[0].lower() + "s"
        kubectl(
            "apply",
            "-f",
            "-",
            stdin=f"---\n{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: {name}}}, "
            f"spec: {{{more}selector: {{matchLabels: {{a: b}}}}, template: {template}}}}}",
        )
        kubectl("rollout", "status", f"{kind.lower()}/{name}", "--timeout=20s")
    assert columns(kubectl("get", "sts"))[1][:2] == ["ss", "3/3"]
    assert columns(kubectl("get", "ds"))[1][:6] == ["ds", "3", "3", "3", "3", "3"]
    assert {f"pod/ss-{n}" for n in range(3)} <= set(kubectl("get", "pods", "-o", "name").split())


def test_cordon_drain_uncordon(kubectl: Kubectl) -> None:
    kubectl("create", "deployment", "web", "--image=nginx:1.27", "--replicas=3")
    kubectl("drain", "node-1", "--ignore-daemonsets", "--timeout=20s")
    assert columns(kubectl("get", "node", "node-1"))[1][1] == "Ready,SchedulingDisabled"
    nodes = [row[6] for row in columns(kubectl("get", "pods", "-o", "wide"))[1:]]
    assert len(nodes) == 3
    assert "node-1" not in nodes
    kubectl("uncordon", "node-1")
    kubectl("taint", "nodes", "node-1", "k=v:NoSchedule")
    assert kubectl.json("get", "node", "node-1")["spec"]["taints"] == [
        {"effect": "NoSchedule", "key": "k", "value": "v"}
    ]


def test_unschedulable(kubectl: Kubectl) -> None:
    kubectl(
        "apply",
        "-f",
        "-",
        stdin="---\n{apiVersion: v1, kind: Pod, metadata: {name: big}, spec: {containers: "
        "[{name: c, image: nginx, resources: {requests: {cpu: '100'}}}]}}",
    )
    assert columns(kubectl("get", "pod", "big"))[1][1:3] == ["0/1", "Pending"]
    assert "0/3 nodes are available: 3 Insufficient cpu." in kubectl("describe", "pod", "big")


def test_delete_cascades(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "shop")
    kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2", "-n", "shop")
    kubectl("create", "deployment", "web", "--image=nginx")
    assert kubectl("delete", "deploy", "web").startswith('deployment.apps "web" deleted')
    assert kubectl.run("get", "rs,pods").stdout == ""
    kubectl("delete", "namespace", "shop", "--timeout=20s")
    assert 'namespaces "shop" not found' in kubectl.error("get", "namespace", "shop")
    assert "this namespace may not be deleted" in kubectl.error("delete", "namespace", "kube-system")
    kubectl("create", "deployment", "kept", "--image=nginx")
    kubectl("delete", "deploy", "kept", "--cascade=orphan")
    assert len(kubectl("get", "rs", "-o", "name").split()) == 1
    kubectl("create", "deployment", "fore", "--image=nginx")
    kubectl("delete", "deploy", "fore", "--cascade=foreground", "--timeout=20s")
    assert "fore-" not in kubectl("get", "rs,pods", "-o", "name")


def test_errors(kubectl: Kubectl) -> None:
    assert kubectl.error("get", "pod", "nope") == 'Error from server (NotFound): pods "nope" not found'
    assert kubectl.error("get", "nosuch") == 'error: the server doesn\'t have a resource type "nosuch"'
    kubectl("create", "configmap", "c")
    assert (
        kubectl.error("create", "configmap", "c") == 'error: failed to create configmap: configmaps "c" already exists'
    )
    assert 'namespaces "none" not found' in kubectl.error("create", "configmap", "c", "-n", "none")
    said = kubectl.error("apply", "-f", "-", stdin=APP.replace("image:", "imagee:"))
    assert 'strict decoding error: unknown field "spec.template.spec.containers[0].imagee"' in said
    said = kubectl.error("apply", "-f", "-", stdin=APP.replace("matchLabels: {app: app}", "matchLabels: {app: other}"))
    assert (
        'The Deployment "app" is invalid: spec.template.metadata.labels: Invalid value: {"app":"app"}: `selector` does '
        "not match template `labels`" in said
    )
    assert "a lowercase RFC 1123 subdomain must consist of" in kubectl.error("create", "configmap", "Bad_Name")
    assert "is invalid: spec.replicas: Invalid value: -1" in kubectl.error(
        "apply", "-f", "-", stdin=APP.replace("replicas: 2", "replicas: -1")
    )
    assert "unable to parse requirement: found '=', expected: identifier" in kubectl.error("get", "pods", "-l", "a===b")
    assert "field label not supported: spec.foo" in kubectl.error("get", "pods", "--field-selector=spec.foo=x")


def test_explain_and_api_resources(kubectl: Kubectl) -> None:
    text = kubectl("explain", "deployment.spec.replicas")
    assert "FIELD: replicas <integer>" in text
    assert "containers\t<[]Container> -required-" in kubectl("explain", "pod.spec")
    resources = kubectl("api-resources", "--no-headers").splitlines()
    assert len(resources) == 68 - 1
    assert any(re.match(r"deployments\s+deploy\s+apps/v1\s+true\s+Deployment", line) for line in resources)
    assert "apps/v1" in kubectl("api-versions").split()


def test_logs(kubectl: Kubectl) -> None:
    kubectl("run", "one", "--image=nginx")
    assert kubectl("logs", "one") == ""
    assert "container zz is not valid for pod one" in kubectl.error("logs", "one", "-c", "zz")


def test_what_is_not_supported_says_so(kubectl: Kubectl) -> None:
    kubectl("run", "one", "--image=nginx")
    assert kubectl.error("exec", "one", "--", "ls")
    assert "does not support" in kubectl.error("create", "token", "default")
    assert kubectl.error("top", "pods") == "error: Metrics API not available"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("not_found", 'Error from server (NotFound): configmaps "c" not found'),
        ("unavailable", "Error from server (ServiceUnavailable): the server is currently unable to handle the request"),
        ("rate_limited", "Error from server (TooManyRequests): Too many requests, please try again later."),
        ("internal", "Error from server (InternalError): Internal error occurred: etcdserver: request timed out"),
        ("timeout", "Error from server (Timeout): Timeout: request did not complete within requested timeout"),
        (
            "forbidden",
            'Error from server (Forbidden): configmaps "c" is forbidden: User "kubernetes-admin" cannot get resource '
            '"configmaps" in API group "" in the namespace "default"',
        ),
        ("unauthenticated", "error: You must be logged in to the server (Unauthorized)"),
    ],
)
def test_injected_failures(kubectl: Kubectl, kind: str, said: str) -> None:
    kubectl("create", "configmap", "c")
    rule = Rule.model_validate({"when": {"emulator": "kubernetes", "op": "configmaps.get"}, "then": [{"fail": kind}]})
    world = kubectl.background.runtime.worlds.find(kubectl.world)
    kubectl.background.call(lambda: put_rule(world, "broken", rule))
    assert kubectl.error("get", "configmap", "c").startswith(said)
