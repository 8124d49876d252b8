"""Watches over HTTP: what is sent, when, and how streams end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from falsefront.faults import Rule, put_rule
from tests.emulators.kubernetes.api import Api, deployment

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def config(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}}


def revision(api: Api) -> str:
    return str(api.ok("GET", MAPS)["metadata"]["resourceVersion"])


@contextmanager
def watch(api: Api, path: str = MAPS, **query: Any) -> Iterator[Callable[[], dict[str, Any] | None]]:
    """Open a watch; the function given reads its next event, or nothing at its end."""
    query = {"watch": "true", "timeoutSeconds": "10", **query}
    headers = query.pop("headers", {})
    with httpx.Client(timeout=20) as client:
        request = client.build_request("GET", f"{api.http.base_url}{path.lstrip('/')}", params=query, headers=headers)
        answer = client.send(request, stream=True)
        assert answer.status_code == 200
        lines = answer.iter_lines()

        def following() -> dict[str, Any] | None:
            for line in lines:
                found: dict[str, Any] = json.loads(line)
                return found
            return None

        yield following
        answer.close()


def brief(event: dict[str, Any] | None) -> tuple[str, str]:
    assert event is not None
    return event["type"], event["object"]["metadata"].get("name", "")


def test_events_from_a_revision(api: Api) -> None:
    since = revision(api)
    with watch(api, resourceVersion=since) as following:
        made = api.ok("POST", MAPS, config("c"))
        event = following()
        assert event is not None
        assert event == {"type": "ADDED", "object": made}
        api.ok("PATCH", f"{MAPS}/c", {"data": {"a": "b"}})
        api.ok("DELETE", f"{MAPS}/c")
        assert brief(following()) == ("MODIFIED", "c")
        last = following()
        assert last is not None
        assert brief(last) == ("DELETED", "c")
        assert last["object"]["data"] == {"a": "b"}
        assert int(last["object"]["metadata"]["resourceVersion"]) > int(since)


def test_without_a_revision_the_present_comes_first(api: Api) -> None:
    api.ok("POST", MAPS, config("c"))
    for settings in ({}, {"resourceVersion": "0"}):
        with watch(api, **settings) as following:
            assert brief(following()) == ("ADDED", "c")
            assert brief(following()) == ("ADDED", "kube-root-ca.crt")
            api.ok("PATCH", f"{MAPS}/c", {"data": {"a": str(settings)}})
            assert brief(following()) == ("MODIFIED", "c")


def test_selectors_make_their_own_events(api: Api) -> None:
    api.ok("POST", MAPS, config("c"))
    with watch(api, resourceVersion=revision(api), labelSelector="a=b") as following:
        api.ok("POST", MAPS, config("other"))
        api.ok("PATCH", f"{MAPS}/c", {"metadata": {"labels": {"a": "b"}}})
        assert brief(following()) == ("ADDED", "c")
        api.ok("PATCH", f"{MAPS}/c", {"metadata": {"labels": {"a": None}}})
        gone = following()
        assert brief(gone) == ("DELETED", "c")
        assert gone is not None
        assert gone["object"]["metadata"]["labels"] == {"a": "b"}


def test_watch_list(api: Api) -> None:
    api.ok("POST", MAPS, config("c"))
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "fieldSelector": "metadata.name=c",
    }
    with watch(api, **query) as following:
        assert brief(following()) == ("ADDED", "c")
        mark = following()
        assert mark is not None
        assert mark["type"] == "BOOKMARK"
        assert mark["object"]["kind"] == "ConfigMap"
        assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        api.ok("DELETE", f"{MAPS}/c")
        assert brief(following()) == ("DELETED", "c")
    refused = api.refused("GET", f"{MAPS}?watch=true&sendInitialEvents=true")
    assert refused[0] == 422
    assert "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan" in refused[2]


def test_too_old_a_revision(api: Api) -> None:
    with watch(api, resourceVersion="1") as following:
        event = following()
        assert event is not None
        assert event["type"] == "ERROR"
        found = event["object"]
        assert (found["code"], found["reason"]) == (410, "Expired")
        assert found["message"].startswith("too old resource version: 1 (")
        assert following() is None


def test_timeout_ends_the_stream(api: Api) -> None:
    with watch(api, resourceVersion=revision(api), timeoutSeconds="0") as following:
        assert following() is None


def test_tables(api: Api) -> None:
    accept = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    with watch(api, resourceVersion=revision(api), headers=accept) as following:
        api.ok("POST", MAPS, config("c"))
        first = following()
        assert first is not None
        assert first["object"]["kind"] == "Table"
        assert [column["name"] for column in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
        assert first["object"]["rows"][0]["cells"] == ["c", 0, "0s"]
        assert first["object"]["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
        api.ok("PATCH", f"{MAPS}/c", {"data": {"a": "b"}})
        second = following()
        assert second is not None
        assert second["object"]["columnDefinitions"] is None
        assert second["object"]["rows"][0]["cells"] == ["c", 1, "0s"]


def test_a_rewind_ends_watches(api: Api) -> None:
    api.server.call(lambda: api.world.mark("before"))
    api.ok("POST", MAPS, config("c"))
    with watch(api, resourceVersion=revision(api)) as following:
        api.server.call(lambda: api.world.restore(api.world.marked("before")))
        event = following()
        assert event is not None
        assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
        assert following() is None
    assert api("GET", f"{MAPS}/c").status_code == 404


def test_one_world_does_not_see_another(api: Api) -> None:
    fork = Api.__new__(Api)
    fork.server = api.server
    name = f"{api.world.name}-fork"
    fork.world = api.server.call(lambda: api.server.runtime.worlds.fork(api.world, name))
    with httpx.Client(base_url=f"{api.server.url}/w/{name}/kubernetes") as client:
        fork.http = client
        with watch(api, resourceVersion=revision(api)) as following:
            fork.ok("POST", MAPS, config("elsewhere"))
            api.ok("POST", MAPS, config("here"))
            assert brief(following()) == ("ADDED", "here")


def test_faults_strike_single_events(api: Api) -> None:
    rule = {
        "when": {"emulator": "kubernetes", "op": "configmaps.watch.event", "nth": 2},
        "then": [{"fail": "unavailable"}],
    }
    api.server.call(lambda: put_rule(api.world, "second", Rule.model_validate(rule)))
    with watch(api, resourceVersion=revision(api)) as following:
        for name in ("a", "b"):
            api.ok("POST", MAPS, config(name))
        assert brief(following()) == ("ADDED", "a")
        event = following()
        assert event is not None
        assert (event["type"], event["object"]["code"]) == ("ERROR", 503)
        assert following() is None


def test_controllers_are_seen(api: Api) -> None:
    with watch(api, DEPLOYMENTS, resourceVersion=revision(api)) as following:
        api.ok("POST", DEPLOYMENTS, deployment(replicas=1))
        seen: dict[str, Any] = {}
        while seen.get("readyReplicas") != 1:
            event = following()
            assert event is not None
            seen = event["object"].get("status", {})


def test_many_watches_at_once(api: Api) -> None:
    since = revision(api)
    results: list[tuple[str, str]] = []

    def one() -> None:
        with watch(api, resourceVersion=since) as following:
            results.append(brief(following()))

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    api.ok("POST", MAPS, config("c"))
    for thread in threads:
        thread.join()
    assert results == [("ADDED", "c")] * 20
