"""Work with files through the E2B SDK, as its documentation does; prints what came of it as JSON. `e2b_client.py`.

Where the sandbox is, the environment says: E2B_SANDBOX_URL and E2B_DEBUG.
"""

import io
import json

from e2b import Sandbox

sandbox = Sandbox.create(api_key="e2b_" + "0" * 40)
files = sandbox.files
found = {"running": sandbox.is_running()}


def attempt(work):
    try:
        return work()
    except Exception as error:
        return [type(error).__name__, str(error)]


def told(entry):
    return [entry.name, entry.type.value, entry.path, entry.size, entry.permissions, entry.symlink_target]


found["written"] = files.write("/workspace/a/b.txt", "héllo\n").path
found["text"] = files.read("/workspace/a/b.txt")
found["relative"] = files.read("a/b.txt")
files.write("/workspace/raw.bin", b"\x00\xff\r\n--x", use_octet_stream=True)
files.write("/workspace/zipped.bin", b"z" * 100_000, gzip=True)
files.write("/workspace/streamed.bin", io.BytesIO(b"s" * 300_000))
found["bytes"] = list(files.read("/workspace/raw.bin", format="bytes"))
found["sizes"] = [len(files.read(f"/workspace/{name}.bin", format="bytes")) for name in ("zipped", "streamed")]
found["stream"] = b"".join(files.read("/workspace/a/b.txt", format="stream")).decode()
written = files.write_files([{"path": "/workspace/m/1", "data": "one"}, {"path": "/workspace/m/2", "data": b"two"}])
found["many"] = [entry.path for entry in written]
found["listed"] = [told(entry) for entry in files.list("/workspace/a")]
found["deep"] = [entry.path for entry in files.list("/workspace", depth=2)]
found["made"] = [files.make_dir("/workspace/new/er"), files.make_dir("/workspace/new/er")]
found["info"] = told(files.get_info("/workspace/a"))
found["link"] = told(files.get_info("/workspace/link"))
found["renamed"] = files.rename("/workspace/a/b.txt", "/workspace/c/d.txt").path
found["exists"] = [files.exists("/workspace/a/b.txt"), files.exists("/workspace/c/d.txt")]
files.remove("/workspace/c")
files.remove("/workspace/never-there")
found["removed"] = files.exists("/workspace/c/d.txt")
found["errors"] = {
    "read": attempt(lambda: files.read("/workspace/gone")),
    "directory": attempt(lambda: files.read("/workspace/m")),
    "onto": attempt(lambda: files.write("/workspace/m", "x")),
    "list": attempt(lambda: files.list("/workspace/gone")),
    "file": attempt(lambda: files.list("/workspace/m/1")),
    "info": attempt(lambda: files.get_info("/workspace/gone")),
    "rename": attempt(lambda: files.rename("/workspace/gone", "/workspace/x")),
    "make": attempt(lambda: files.make_dir("/workspace/m/1")),
    "run": attempt(lambda: sandbox.commands.run("ls")),
    "watch": attempt(lambda: files.watch_dir("/workspace")),
}
print(json.dumps(found))
