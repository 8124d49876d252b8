from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from falsefront.control_plane.app import control_plane
from falsefront.control_plane.archives import Archives
from falsefront.control_plane.client import Conflict, Falsefront, Forbidden, InvalidRequest, NotFound, World
from falsefront.control_plane.registry import load
from falsefront.control_plane.serving import Serving
from falsefront.runtime import Runtime

Mail = Callable[..., httpx.Response]


@pytest.fixture
def world(client: Falsefront, mail: Mail) -> Iterator[World]:
    with client.worlds.create(seed=3) as made:
        mail(made.name, subject="kept")
        made.faults.put("second", {"fail": "unavailable"}, when={"op": "messages.send", "nth": 2}, ttl="1h")
        mail(made.name)
        made.clock.advance("30m")
        yield made


def test_an_imported_world_goes_on_as_the_exported_one(client: Falsefront, world: World, mail: Mail) -> None:
    exported = world.export()
    copy = client.import_world(exported, "copy")
    was, now = world.info(), copy.info()
    for field in ("digest", "version", "seed", "clock", "faults"):
        assert now[field] == was[field]  # type: ignore[literal-required]
    assert copy.faults.list() == world.faults.list()
    results = [(mail(each.name).json(), mail(each.name).json(), each.digest()) for each in (world, copy)]
    assert results[0] == results[1]
    copy.drop()


def test_a_file_has_its_world_s_name(client: Falsefront, world: World, tmp_path: Path) -> None:
    file = tmp_path / "world.gz"
    world.export(str(file))
    with pytest.raises(Conflict):
        client.import_world(str(file))
    digest = world.digest()
    world.drop()
    assert client.import_world(str(file)).digest() == digest


def test_a_file_may_be_anywhere_that_fsspec_reaches(client: Falsefront, world: World) -> None:
    world.export("memory://worlds/one.gz")
    copy = client.import_world("memory://worlds/one.gz", "from-memory")
    assert copy.digest() == world.digest()
    copy.drop()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b"])
def test_what_is_no_world_is_refused(client: Falsefront, content: bytes) -> None:
    with pytest.raises(InvalidRequest):
        client.import_world(content, "none")
    assert "none" not in [info["name"] for info in client.worlds.list()]


def test_a_server_keeps_no_files_unless_it_is_told_to(client: Falsefront, world: World) -> None:
    with pytest.raises(Forbidden, match="--archive-dir"):
        world.export_to("w.gz")
    with pytest.raises(Forbidden, match="--archive-dir"):
        client.worlds.create(file="/etc/passwd")


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[Archives]:
    (tmp_path / "kept").mkdir()
    (tmp_path / "secret").write_text("x")
    runtime = Runtime(load(["mail"]))
    runtime.worlds.create("default")
    serving = Serving(runtime, control=control_plane())
    yield Archives(runtime, str(tmp_path / "kept"))
    serving.close()


async def test_files_are_below_the_directory(archives: Archives, tmp_path: Path) -> None:
    world = next(iter(archives._runtime.worlds))
    for url in ("a.gz", "deep/er/b.gz", f"{tmp_path}/kept/c.gz", f"file://{tmp_path}/kept/d.gz"):
        await archives.write(url, world)
        assert (await archives.read(url)).digest == world.version.digest
    assert sorted(path.name for path in (tmp_path / "kept").rglob("*.gz")) == ["a.gz", "b.gz", "c.gz", "d.gz"]


@pytest.mark.parametrize(
    "url",
    [
        "../secret",
        "a/../../secret",
        "%2e%2e/secret",
        "/etc/passwd",
        "file:///etc/passwd",
        "http://example.com/x",
        "simplecache::http://example.com/x",
        "x\0y",
        "",
        ".",
    ],
)
async def test_a_file_outside_the_directory_is_refused(archives: Archives, url: str) -> None:
    from falsefront.kernel.operation import Failure

    with pytest.raises(Failure, match="not below") as refused:
        await archives.read(url)
    assert refused.value.kind == "forbidden"


async def test_a_file_that_is_not_there_is_not_found(archives: Archives) -> None:
    from falsefront.kernel.operation import Failure

    with pytest.raises(Failure, match="cannot read") as refused:
        await archives.read("none.gz")
    assert refused.value.kind == "not_found"


def test_the_client_says_not_found_for_a_path_of_its_own(client: Falsefront) -> None:
    with pytest.raises(FileNotFoundError):
        client.import_world("/no/such/file")
    with pytest.raises(NotFound):
        client.world("no-such-world").export()
