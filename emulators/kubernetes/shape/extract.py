"""Derive the shape from kubernetes-validate (types) and lightkube-models (resources) without importing either."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import orjson

from .residue import ALL, API_EXTENSIONS, CONNECT, CREATE_ONLY, READ_ONLY, SCHEMA, SERVED, SHORT_NAMES, VERB_ORDER

_VERBS: Final = {"post": "create", "put": "update"}


def package_versions() -> str:
    """What the cached shape depends on."""
    names = ("kubernetes-validate", "lightkube-models")
    return "-".join(distribution(name).version for name in names)


def definitions() -> dict[str, Any]:
    """Every schema definition of the release that is served, descriptions and all."""
    folder = "kubernetes_validate/kubernetes-json-schema"
    path = distribution("kubernetes-validate").locate_file(f"{folder}/v{SCHEMA}-local/_definitions.json")
    found: dict[str, Any] = orjson.loads(Path(str(path)).read_bytes())["$defs"]
    return found


def resources(types: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The served resources in the order of discovery, as plain JSON."""
    by_kind = _types_by_kind(types)
    entries: dict[tuple[str, str, str], dict[str, Any]] = {}
    for info in _api_infos():
        group, version = info["parent"][:2]
        if (group, version) not in SERVED:
            continue
        key = (group, version, info["plural"])
        entry = entries.setdefault(key, {"subresources": {}})
        if info["action"]:
            entry["subresources"][info["action"]] = info
        else:
            entry.update(info)
    for (group, plural), (_, kind, namespaced) in CREATE_ONLY.items():
        entries.setdefault((group, "v1", plural), {"subresources": {}}).update(
            kind=kind, namespaced=namespaced, verbs=("create",)
        )
    found = [
        _resource(key, entry, by_kind, types)
        for key, entry in sorted(entries.items(), key=lambda item: (SERVED.index(item[0][:2]), item[0][2]))
        if "kind" in entry
    ]
    # The two packages may be of different releases: a resource without a type is not of this one.
    return [entry for entry in found if entry["type"]]


def _resource(
    key: tuple[str, str, str], entry: Mapping[str, Any], by_kind: Mapping[Any, str], types: Mapping[str, Any]
) -> dict[str, Any]:
    group, version, plural = key
    kind: str = entry["kind"]
    verbs = {_VERBS.get(verb, verb) for verb in entry["verbs"] if not verb.startswith("global_")}
    allowed = READ_ONLY.get(plural, VERB_ORDER)
    type_name = by_kind.get((group, version, kind), "")
    has_status = "status" in types.get(type_name, {}).get("properties", {})
    subs = [_subresource(name, info) for name, info in entry["subresources"].items() if name != "status" or has_status]
    subs += [
        {"name": name, "group": "", "version": "", "kind": options, "verbs": sub_verbs}
        for owner, name, options, sub_verbs in CONNECT
        if (owner, group) == (plural, "")
    ]
    categories = ["all"] if plural in ALL else ["api-extensions"] if plural in API_EXTENSIONS else []
    return {
        "group": group,
        "version": version,
        "plural": plural,
        "singular": kind.lower(),
        "kind": kind,
        "namespaced": entry["namespaced"],
        "verbs": [verb for verb in allowed if verb in verbs],
        "shortNames": SHORT_NAMES.get(plural, ()),
        "categories": categories,
        "subresources": sorted(subs, key=lambda sub: str(sub["name"])),
        "type": type_name,
    }


def _subresource(name: str, info: Mapping[str, Any]) -> dict[str, Any]:
    group, version, kind = info["parent"] if name in ("log", "finalize") else info["resource"]
    same = (group, version) == tuple(info["parent"][:2])
    verbs = sorted({_VERBS.get(str(verb), str(verb)) for verb in info["verbs"]})
    return {
        "name": name,
        "group": "" if same else group,
        "version": "" if same else version,
        "kind": kind,
        "verbs": verbs,
    }


def _types_by_kind(types: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for name, schema in types.items():
        for gvk in schema.get("x-kubernetes-group-version-kind", ()):
            found[gvk["group"], gvk["version"], gvk["kind"]] = name
    return found


def _api_infos() -> Iterator[dict[str, Any]]:
    """Each ``_api_info`` in lightkube's generated source, read and not run."""
    folder = Path(str(distribution("lightkube-models").locate_file("lightkube/resources")))
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                for statement in node.body:
                    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                        yield _api_info(node, statement.value)


def _api_info(node: ast.ClassDef, call: ast.Call) -> dict[str, Any]:
    base = node.bases[0]
    info: dict[str, Any] = {
        "namespaced": isinstance(base, ast.Attribute) and base.attr.startswith("Namespaced"),
        "action": None,
    }
    for keyword in call.keywords:
        value = keyword.value
        if isinstance(value, ast.Call):
            info[str(keyword.arg)] = [ast.literal_eval(argument) for argument in value.args]
        else:
            info[str(keyword.arg)] = ast.literal_eval(value)
    info.setdefault("parent", info["resource"])
    info["kind"] = info["resource"][2]
    return info


def lean(node: Any) -> Any:
    """A schema without descriptions and nulls, with references by bare name: what serving needs."""
    if isinstance(node, list):
        return [lean(item) for item in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            out[key] = {name: lean(field) for name, field in value.items()}
        elif key == "type" and isinstance(value, list):
            out[key] = next(kind for kind in value if kind != "null")
        elif key == "$ref":
            out[key] = value.rsplit("/", 1)[1]
        elif key not in ("description", "enum"):
            out[key] = lean(value)
    return out
