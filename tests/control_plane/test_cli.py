from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from falsefront.control_plane.client import Falsefront
from falsefront.control_plane.launch import Launched

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = [sys.executable, "-m", "falsefront.control_plane.cli"]


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("serve")
    arguments = ["--emulators", "mail", "--create-worlds", "--seed", "5", "--max-body", "64K"]
    with Launched(
        [*arguments, "--journal-dir", str(folder / "journal"), "--archive-dir", str(folder / "kept")]
    ) as server:
        yield server


@pytest.fixture
def falsefront(launched: Launched) -> Run:
    """Run a command against the server."""

    def run(*arguments: str, input: str | None = None, url: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "FALSEFRONT_URL": url or launched.url}
        return subprocess.run(
            [*COMMAND, *arguments], capture_output=True, text=True, env=environment, input=input, timeout=30
        )

    return run


def test_serve_prints_one_line_with_every_address(launched: Launched) -> None:
    addresses = launched.addresses
    assert httpx.get(f"{addresses['url']}/ready").json()["status"] == "ready"
    assert addresses["control"] == f"{addresses['url']}/_falsefront"
    assert addresses["worlds"] == ["shop", "default"]
    assert addresses["environment"]["MAIL_URL"] == f"{addresses['url']}/w/default/mail"
    assert set(addresses) >= {"url", "postgres", "environment", "urls", "kubeconfig", "mcp"}


def test_worlds_are_driven_from_the_shell(falsefront: Run, launched: Launched) -> None:
    digest = falsefront("digest").stdout.strip()
    assert falsefront("fork", "shop", "t1").stdout == f"t1 {digest}\n"
    assert falsefront("mark", "-w", "t1", "m").returncode == 0
    rule = {"when": {"op": "messages.send"}, "then": [{"fail": "unavailable"}], "times": 1}
    assert falsefront("faults", "put", "-w", "t1", "once", "-", input=json.dumps(rule)).returncode == 0
    answers = [
        httpx.post(f"{launched.url}/w/t1/mail/messages", json={"to": ["a@b.example"]}).is_success for _ in range(2)
    ]
    assert answers == [False, True]
    assert "once  seen 2, fired 1" in falsefront("faults", "ls", "-w", "t1").stdout
    journal = falsefront("journal", "t1", "--op", "messages.*").stdout.splitlines()
    assert len(journal) == 2
    assert "[once]" in journal[0]
    assert "1 changed" in journal[1]
    changed = falsefront("diff", "t1@m", "t1")
    assert (changed.returncode, changed.stdout[:15]) == (1, "+ mail.messages")
    assert falsefront("diff", "t1@m").stdout == changed.stdout
    assert falsefront("restore", "-w", "t1", "m").stdout == f"t1 {digest}\n"
    same = falsefront("diff", "t1", "shop")
    assert (same.returncode, same.stdout) == (0, "")
    assert falsefront("clock", "-w", "t1", "--advance", "1d").stdout == "2026-01-06T09:00:00Z frozen\n"
    assert falsefront("reset", "t1").stdout == f"t1 {digest}\n"
    assert "t1 " in falsefront("worlds").stdout
    assert falsefront("drop", "t1").returncode == 0
    assert "t1" not in [world["name"] for world in json.loads(falsefront("worlds", "--json").stdout)]


def test_the_journal_is_followed(launched: Launched) -> None:
    with Falsefront(launched.url) as client, client.worlds.create("followed") as world:
        world.mark("one")
        command = [*COMMAND, "journal", "followed", "-f", "--json", "--url", launched.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout
            assert json.loads(following.stdout.readline())["args"] == {"mark": "one"}
            world.mark("two")
            assert json.loads(following.stdout.readline())["args"] == {"mark": "two"}
            following.send_signal(signal.SIGINT)
            assert following.wait(10) == 130


def test_the_environment_is_printed_for_a_shell(falsefront: Run, launched: Launched) -> None:
    printed = falsefront("env", "shop").stdout
    assert f"export MAIL_URL={launched.url}/w/shop/mail\n" in printed
    shell = subprocess.run(["sh", "-c", f"{printed}\nprintf %s $MAIL_URL"], capture_output=True, text=True, check=True)
    assert shell.stdout == f"{launched.url}/w/shop/mail"
    assert json.loads(falsefront("env", "shop", "--mcp").stdout)["mcpServers"]["mail"]
    assert falsefront("env", "shop", "--kubeconfig").returncode == 1


def test_worlds_travel_through_files(falsefront: Run, tmp_path: Path) -> None:
    file = tmp_path / "w.gz"
    assert falsefront("export", "shop", str(file)).returncode == 0
    made = falsefront("import", str(file), "travelled")
    assert made.stdout.split() == ["travelled", falsefront("digest", "shop").stdout.strip()]
    again = falsefront("import", str(file), "travelled")
    assert (again.returncode, again.stderr) == (1, "falsefront: there is a world 'travelled' already\n")
    falsefront("drop", "travelled")


def test_the_server_keeps_journals_and_files(launched: Launched) -> None:
    folder = Path(launched._arguments[launched._arguments.index("--journal-dir") + 1])
    with Falsefront(launched.url) as client, client.worlds.create("kept") as world:
        world.mark("m")
        lines = (folder / "kept.ndjson").read_text().splitlines()
        assert [json.loads(line) for line in lines] == world.journal()
        world.export_to("kept.gz")
        with client.worlds.create(file="kept.gz") as copy:
            assert copy.digest() == world.digest()


def test_unknown_worlds_are_made_where_that_is_asked_for(launched: Launched) -> None:
    assert httpx.get(f"{launched.url}/w/new-one/mail/messages").status_code == 200
    with Falsefront(launched.url) as client:
        assert client.worlds.get("new-one").digest() == client.worlds.get("shop").digest()
        client.worlds.drop("new-one")
    assert httpx.get(f"{launched.url}/w/b%20d/mail/messages").status_code == 404


def test_a_body_over_the_limit_is_refused(launched: Launched) -> None:
    answer = httpx.post(f"{launched.url}/_falsefront/worlds", content=b" " * 65537)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (413, "invalid")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["digest", "nowhere!"], "there is no world 'nowhere!'; 'falsefront worlds' lists those there are"),
        (["drop", "nowhere"], "there is no world 'nowhere'; 'falsefront worlds' lists those there are"),
        (["restore", "-w", "shop", "nomark"], "world 'shop' has no mark 'nomark'"),
        (["faults", "put", "x", "{"], "the rule is not JSON"),
        (["faults", "put", "x", '{"than": []}'], "a rule has when, then, times and ttl, not than"),
        (["faults", "put", "x", "@/no/such"], "No such file or directory: /no/such"),
        (["clock", "--advance", "soon"], "is not a duration"),
        (["import", "/no/such/file"], "No such file or directory: /no/such/file"),
        (["fork", "shop", "a b"], "cannot name a world"),
    ],
)
def test_a_mistake_is_told_in_a_line(falsefront: Run, arguments: list[str], told: str) -> None:
    done = falsefront(*arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.startswith("falsefront: ")
    assert len(done.stderr.splitlines()) == 1


def test_no_server_is_told_with_what_to_do(falsefront: Run) -> None:
    done = falsefront("worlds", url="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "start one with 'falsefront serve'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--port", "70000"], "'70000' is not a port"),
        (["--emulators", "mail", "--fixture", "no-such"], "there is no fixture 'no-such'"),
        (["--emulators", "no-such"], "there is no emulator 'no-such'"),
        (["--emulators", "mail", "--time", "noon"], "noon"),
        (["--emulators", "mail", "--max-body", "big"], "'big' is not a size"),
        (["--emulators", "mail", "--host", "256.1.1.1"], "cannot listen on 256.1.1.1"),
    ],
)
def test_a_server_that_cannot_start_says_why(arguments: list[str], told: str) -> None:
    done = subprocess.run([*COMMAND, "serve", *arguments], capture_output=True, text=True, timeout=30)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_with_clients_connected(number: int) -> None:
    server = Launched(["--emulators", "mail", "--fixture", "empty"]).start()
    with httpx.Client() as client:
        client.get(f"{server.url}/ready")
        os.kill(server.pid, number)
        assert server.stop() == 0


def test_no_command_shows_what_there_is() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert "serve" in done.stdout
