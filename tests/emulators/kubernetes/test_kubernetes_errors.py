"""Errors, in the real server's words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.kubernetes.api import Api, deployment, pod

PODS = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
JOBS = "/apis/batch/v1/namespaces/default/jobs"
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
LABEL = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def config(name: str = "c", **fields: Any) -> dict[str, Any]:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, **fields}


def service(**spec: Any) -> dict[str, Any]:
    return {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "abc"}, "spec": spec}


REFUSED = [
    ("GET", f"{PODS}/nope", None, 404, "NotFound", 'pods "nope" not found'),
    ("GET", f"{DEPLOYMENTS}/nope", None, 404, "NotFound", 'deployments.apps "nope" not found'),
    ("PATCH", f"{DEPLOYMENTS}/nope", {}, 404, "NotFound", 'deployments.apps "nope" not found'),
    (
        "GET",
        "/api/v1/namespaces/default/foos",
        None,
        404,
        "NotFound",
        "the server could not find the requested resource",
    ),
    ("POST", "/api/v1/namespaces/none/pods", pod(), 404, "NotFound", 'namespaces "none" not found'),
    (
        "POST",
        f"{PODS}/x",
        pod(),
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    ),
    ("PUT", PODS, pod(), 405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
    (
        "POST",
        PODS,
        {**pod(), "metadata": {}},
        422,
        "Invalid",
        'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
    ),
    ("POST", PODS, pod(image=""), 422, "Invalid", 'Pod "p1" is invalid: spec.containers[0].image: Required value'),
    (
        "POST",
        PODS,
        {"metadata": {"name": "x"}},
        422,
        "Invalid",
        'Pod "x" is invalid: spec.containers: Required value',
    ),
    (
        "POST",
        PODS,
        {**pod(), "spec": {**pod()["spec"], "restartPolicy": "Sometimes"}},
        422,
        "Invalid",
        'Pod "p1" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
        '"OnFailure", "Never"',
    ),
    (
        "POST",
        PODS,
        {**pod(), "spec": {"containers": [*pod()["spec"]["containers"] * 2]}},
        422,
        "Invalid",
        'Pod "p1" is invalid: spec.containers[1].name: Duplicate value: "c"',
    ),
    (
        "POST",
        PODS,
        pod(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
        422,
        "Invalid",
        'Pod "p1" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to '
        "cpu limit of 1",
    ),
    (
        "POST",
        PODS,
        pod(resources={"requests": {"cpu": "one"}}),
        400,
        "BadRequest",
        'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ),
    (
        "POST",
        MAPS,
        {**config(), "metadata": {"name": "c", "labels": {"a": "b c!"}}},
        422,
        "Invalid",
        f'ConfigMap "c" is invalid: metadata.labels: Invalid value: "b c!": {LABEL}',
    ),
    (
        "POST",
        MAPS,
        {**config(), "metadata": {"name": "c", "finalizers": ["nodomain"]}},
        422,
        "Invalid",
        'ConfigMap "c" is invalid: metadata.finalizers[0]: Invalid value: "nodomain": name is neither a standard '
        "finalizer name nor is it fully qualified",
    ),
    ("POST", SERVICES, service(), 422, "Invalid", 'Service "abc" is invalid: spec.ports: Required value'),
    (
        "POST",
        SERVICES,
        service(ports=[{"port": 70000}]),
        422,
        "Invalid",
        'Service "abc" is invalid: [spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, '
        "spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive]",
    ),
    (
        "POST",
        DEPLOYMENTS,
        deployment(replicas=-1),
        422,
        "Invalid",
        'Deployment.apps "d1" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ),
    (
        "POST",
        DEPLOYMENTS,
        deployment(selector={"matchLabels": {"a": "z"}}),
        422,
        "Invalid",
        'Deployment.apps "d1" is invalid: spec.template.metadata.labels: Invalid value: {"a":"d1"}: `selector` does '
        "not match template `labels`",
    ),
    (
        "POST",
        JOBS,
        {"metadata": {"name": "j"}, "spec": {"template": {"spec": pod()["spec"]}}},
        422,
        "Invalid",
        'Job.batch "j" is invalid: spec.template.spec.restartPolicy: Required value: valid values: '
        '"OnFailure", "Never"',
    ),
    (
        "POST",
        f"{PODS}?fieldValidation=Strict",
        {**pod(imagee="x"), "spec": {**pod(imagee="x")["spec"], "foo": 1}},
        400,
        "BadRequest",
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field '
        '"spec.containers[0].imagee", unknown field "spec.foo"',
    ),
    (
        "POST",
        DEPLOYMENTS,
        deployment(replicas="three"),
        400,
        "BadRequest",
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct '
        "field DeploymentSpec.spec.replicas of type int32",
    ),
    (
        "POST",
        PODS,
        {**pod(), "spec": {"containers": "c"}},
        400,
        "BadRequest",
        'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field '
        "PodSpec.spec.containers of type []v1.Container",
    ),
    (
        "POST",
        PODS,
        b"{bad",
        400,
        "BadRequest",
        "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
        "invalid character 'b' looking for beginning of object key string ({bad)",
    ),
    (
        "POST",
        PODS,
        b"",
        400,
        "BadRequest",
        "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: "
        "unexpected end of JSON input (<empty>)",
    ),
    (
        "POST",
        PODS,
        {**pod(), "metadata": {"name": "p", "namespace": "other"}},
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
    (
        "POST",
        PODS,
        deployment(),
        400,
        "BadRequest",
        'Deployment in version "v1" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown '
        "conversion",
    ),
    (
        "POST",
        PODS,
        {**pod(), "apiVersion": "v2"},
        400,
        "BadRequest",
        'Pod in version "v2" cannot be handled as a Pod: no kind "Pod" is registered for version "v2" in scheme '
        '"pkg/api/legacyscheme/scheme.go:30"',
    ),
    (
        "GET",
        f"{PODS}?labelSelector=a%3D%3D%3Db",
        None,
        400,
        "BadRequest",
        "unable to parse requirement: found '=', expected: identifier",
    ),
    ("GET", f"{PODS}?fieldSelector=spec.foo%3Dx", None, 400, "BadRequest", "field label not supported: spec.foo"),
    (
        "GET",
        f"{DEPLOYMENTS}?fieldSelector=status.phase%3Dx",
        None,
        400,
        "BadRequest",
        '"status.phase" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ),
    (
        "GET",
        f"{PODS}?limit=1&continue=abc",
        None,
        400,
        "BadRequest",
        "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
    ),
    (
        "GET",
        f"{PODS}?resourceVersion=abc",
        None,
        400,
        "BadRequest",
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": '
        "invalid syntax",
    ),
    (
        "POST",
        "/api/v1/namespaces?dryRun=x",
        {"metadata": {"name": "n"}},
        422,
        "Invalid",
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
    ),
    (
        "DELETE",
        "/api/v1/namespaces/kube-system",
        None,
        403,
        "Forbidden",
        'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    ),
    (
        "POST",
        PODS,
        {**pod(), "spec": {**pod()["spec"], "serviceAccountName": "nosa"}},
        403,
        "Forbidden",
        'pods "p1" is forbidden: error looking up service account default/nosa: serviceaccount "nosa" not found',
    ),
    (
        "POST",
        PODS,
        {**pod(), "spec": {**pod()["spec"], "priorityClassName": "nopc"}},
        403,
        "Forbidden",
        'pods "p1" is forbidden: no PriorityClass with name nopc was found',
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "code", "reason", "message"), REFUSED)
def test_refused(api: Api, method: str, path: str, body: Any, code: int, reason: str, message: str) -> None:
    assert api.refused(method, path, body) == (code, reason, message)


def test_details(api: Api) -> None:
    found = api("GET", f"{DEPLOYMENTS}/nope").json()
    assert list(found) == ["kind", "apiVersion", "metadata", "status", "message", "reason", "details", "code"]
    assert found["details"] == {"name": "nope", "group": "apps", "kind": "deployments"}
    found = api("POST", SERVICES, service(ports=[{"port": 0}])).json()
    assert found["details"]["causes"][0]["field"] == "spec.ports[0].port"
    assert "details" not in api("GET", f"{PODS}?resourceVersion=abc").json()


def test_unknown_groups_and_paths_are_plain_text(api: Api) -> None:
    for path in ("/apis/foo/v1/bars", "/nothing", "/apis/foo", "/api/v2", "/openapi/v3/apis/foo/v1"):
        answer = api("GET", path)
        assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_unknown_world_is_a_status(api: Api) -> None:
    answer = api.http.get(f"{api.server.url}/w/none/kubernetes/api/v1/pods")
    assert answer.status_code == 404
    assert answer.json()["kind"] == "Status"


def test_media_types(api: Api) -> None:
    api.ok("POST", MAPS, config())
    said = api.refused("POST", PODS, b"<x/>", headers={"content-type": "application/xml"})
    assert said[:2] == (415, "UnsupportedMediaType")
    assert "application/vnd.kubernetes.protobuf" in said[2]
    said = api.refused("PATCH", f"{MAPS}/c", {}, headers={"content-type": "application/json"})
    assert said == (415, "UnsupportedMediaType", "415: Unsupported Media Type")
    assert api.refused("GET", PODS, headers={"accept": "text/csv"})[:2] == (406, "NotAcceptable")
    assert (
        api("GET", PODS, headers={"accept": "application/vnd.kubernetes.protobuf,application/json"}).status_code == 200
    )


def test_conflicts(api: Api) -> None:
    made = api.ok("POST", DEPLOYMENTS, deployment())
    assert api.refused("POST", DEPLOYMENTS, deployment()) == (
        409,
        "AlreadyExists",
        'deployments.apps "d1" already exists',
    )
    said = api.refused("PUT", f"{DEPLOYMENTS}/d1", made)
    assert said == (409, "Conflict", f'Operation cannot be fulfilled on deployments.apps "d1": {MODIFIED}')
    other = {**made, "metadata": {"name": "d1", "uid": "0" * 8}}
    assert (
        "Precondition failed: UID in precondition: 00000000, UID in object meta: "
        in api.refused("PUT", f"{DEPLOYMENTS}/d1", other)[2]
    )
    said = api.refused("DELETE", f"{DEPLOYMENTS}/d1", {"preconditions": {"uid": "bad"}})
    uid = made["metadata"]["uid"]
    assert said[2] == (
        f'Operation cannot be fulfilled on Deployment "d1": the UID in the precondition (bad) does not match the UID '
        f"in record ({uid}). The object might have been deleted and then recreated"
    )
    said = api.refused("PUT", f"{DEPLOYMENTS}/d1", deployment("zzz"))
    assert said[2] == "the name of the object (zzz) does not match the name on the URL (d1)"
    said = api.refused("DELETE", f"{DEPLOYMENTS}/d1", {"propagationPolicy": "Zzz"})
    assert said[2] == (
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Zzz": supported values: '
        '"Foreground", "Background", "Orphan", "nil"'
    )
    changed = deployment(selector={"matchLabels": {"a": "d1", "b": "c"}})
    assert "spec.selector: Invalid value" in api.refused("PUT", f"{DEPLOYMENTS}/d1", changed)[2]


def test_patches_that_cannot_be(api: Api) -> None:
    api.ok("POST", PODS, pod())
    rejected = (422, "Invalid", "the server rejected our request due to an error in our request")
    headers = {"content-type": "application/json-patch+json"}
    for patch in ([{"op": "test", "path": "/metadata/name", "value": "x"}], [{"op": "remove", "path": "/spec/none"}]):
        assert api.refused("PATCH", f"{PODS}/p1", patch, headers=headers) == rejected
    assert api.refused("PATCH", f"{PODS}/p1", {}, headers=headers)[2] == (
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
    )
    said = api.refused("PATCH", f"{PODS}/p1", {"spec": {"containers": [{"name": "c", "command": ["x"]}]}})
    assert said[2].startswith('Pod "p1" is invalid: spec: Forbidden: pod updates may not change fields other than')
    headers = {"content-type": "application/apply-patch+yaml"}
    said = api.refused("PATCH", f"{PODS}/p1", pod(), headers=headers)
    assert said[2] == (
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
    )


def test_a_future_version(api: Api) -> None:
    answer = api("GET", f"{PODS}?resourceVersion=99999999&resourceVersionMatch=NotOlderThan")
    assert (answer.status_code, answer.headers["retry-after"]) == (504, "1")
    found = answer.json()
    assert found["message"].startswith("Timeout: Too large resource version: 99999999, current: ")
    assert found["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]


def test_warnings(api: Api) -> None:
    answer = api("POST", PODS, pod(imagee="x"))
    assert answer.status_code == 201
    assert answer.headers["warning"] == '299 - "unknown field \\"spec.containers[0].imagee\\""'
    assert "warning" not in api("POST", f"{PODS}?fieldValidation=Ignore", pod("p2", imagee="x")).headers
    said = api.refused("POST", f"{MAPS}?fieldValidation=Strict", b'{"metadata":{"name":"c"},"data":{"a":"1","a":"2"}}')
    assert said[2].endswith('strict decoding error: duplicate field "data.a"')


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"metadata": []}',
        b'{"metadata": {"name": 5}}',
        b'{"metadata": {"name": "x", "labels": []}}',
        b'{"metadata": {"name": "x", "ownerReferences": {"a": 1}}}',
        b'{"metadata": {"name": "x", "creationTimestamp": "yesterday"}}',
        b'{"kind": 5, "metadata": {"name": "x"}}',
        b'{"metadata": {"name": "x"}, "data": {"a": NaN}}',
        b'{"metadata": {"name": "x"}, "data": 1e999}',
        b'{"metadata": {"name": "x", "generation": 1e400}}',
        b'{"metadata": {"name": "\\ud800"}}',
        b'{"metadata": {"name": null}}',
    ],
)
def test_malformed_bodies(api: Api, body: bytes) -> None:
    for method, path in (("POST", MAPS), ("PUT", f"{MAPS}/kube-root-ca.crt"), ("POST", PODS), ("POST", SERVICES)):
        code, _, message = api.refused(method, path, body)
        assert 400 <= code < 500
        assert message
    for kind in ("json-patch+json", "merge-patch+json", "strategic-merge-patch+json", "apply-patch+yaml"):
        answer = api(
            "PATCH",
            f"{MAPS}/kube-root-ca.crt?fieldManager=m",
            body,
            headers={"content-type": f"application/{kind}"},
        )
        assert answer.status_code < 500, answer.text
    assert api("GET", "/readyz").text == "ok"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s\x00",
        b"k8s\x00\xff\xff\xff",
        b"k8s\x00\x0a\x7f",
        b"k8s\x00\x0a\x0d\x0a\x02v1\x12\x07Unknown\x12\x00",
        b"k8s\x00\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x02\x0a\x50",
        b"k8s\x00\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x02\x08\x01",
    ],
)
def test_malformed_protobuf(api: Api, body: bytes) -> None:
    code, reason, _ = api.refused("POST", MAPS, body, headers={"content-type": "application/vnd.kubernetes.protobuf"})
    assert code in (400, 415, 422), reason


def test_too_large_a_body(api: Api) -> None:
    answer = api("POST", MAPS, b"x" * (17 << 20))
    assert (answer.status_code, answer.json()["reason"]) == (413, "RequestEntityTooLarge")


def test_what_would_have_no_effect_is_refused(api: Api) -> None:
    body = {"metadata": {"name": "foos.x.io"}, "spec": {"group": "x.io"}}
    code, reason, message = api.refused("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
    assert (code, reason) == (501, "NotImplemented")
    assert "customresourcedefinitions" in message
