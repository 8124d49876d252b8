"""A session: who is connected to which world, with what settings, in which transaction."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from falsefront.kernel.operation import FailureKind
from falsefront.kernel.state import State
from falsefront.world.clock import microseconds
from falsefront.world.store import Transaction, Version
from falsefront.world.world import World

from ..catalog.catalog import Cache, Catalog
from ..catalog.model import Constraint, Relation
from ..errors import SqlError
from ..execute.run import Run
from ..types.datetime import zone
from ..types.style import Style
from .locks import Locks
from .settings import REPORTED, Settings

_EPOCH = 946_684_800_000_000


class Shared:
    """What all sessions of one emulator share: made relations, table declarations, locks by world."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.specs: dict[Any, Any] = {}
        self.locks: WeakKeyDictionary[World, Locks] = WeakKeyDictionary()
        self.sessions: dict[int, Any] = {}
        self.next_pid = 100

    def locks_of(self, world: World) -> Locks:
        """A world's locks."""
        found = self.locks.get(world)
        if found is None:
            found = self.locks[world] = Locks()
        return found


class Block:
    """An open transaction: a private branch of the world, and where its savepoints are."""

    def __init__(self, world: World, implicit: bool) -> None:
        self.base: Version = world.version
        self.version: Version = world.version
        self.log: list[Any] = []
        self.savepoints: list[tuple[str, Version, int, dict[str, str], list[Any]]] = []
        self.implicit = implicit
        self.failed = False
        self.isolation = "read committed"
        self.read_only = False
        self.started = microseconds_of(world)
        self.local: dict[str, str | None] = {}
        self.snapshot = False


def microseconds_of(world: World) -> int:
    """World time in microseconds since 2000."""
    return int(world.version.clock.microseconds()) - _EPOCH


class Session:
    """One connection's state. It is not part of the world: it neither forks nor rewinds."""

    def __init__(self, shared: Shared, world: World, user: str, database: str, pid: int) -> None:
        self.shared = shared
        self.world = world
        self.user = user
        self.database = database
        self.pid = pid
        self.settings = Settings()
        self.settings.start["session_authorization"] = user
        self.notices: list[dict[str, str]] = []
        self.reported: list[tuple[str, str]] = []
        self.block: Block | None = None
        self.cancelled = ""
        self.sequence_values: dict[int, int] = {}
        self.last_sequence = 0
        self.specs = shared.specs
        self.domain_cache: dict[int, Any] = {}
        self.deferred: list[tuple[int, int, int]] = []
        self.deferral: dict[str, bool] = {}
        self.declared_params: int | None = None
        self.temp_name = f"pg_temp_{pid}"
        self.temp_used = False
        self.prepared: dict[str, Any] = {}
        self.cursors: dict[str, Any] = {}
        self.transaction_count = 0
        self._path: tuple[str, list[str]] | None = None
        self.locks = shared.locks_of(world)

    # Names

    def search_path(self) -> list[str]:
        """The schemas that unqualified names are looked for in."""
        text = self.settings.get("search_path") or ""
        if self._path is None or self._path[0] != text:
            names = [part.strip().strip('"') for part in text.split(",")]
            names = [self.user if name == "$user" else name for name in names if name]
            self._path = (text, names)
        path = self._path[1]
        return [self.temp_name, *path] if self.temp_used else list(path)

    def temp_schema(self) -> str:
        """The schema of this session's temporary tables."""
        self.temp_used = True
        return self.temp_name

    # Settings

    def set_setting(self, name: str, value: str | None, local: bool) -> None:
        """SET, SET LOCAL and RESET (a value of ``None``). Raises 42704 and 22023."""
        if value is None:
            proper = self.settings.canonical(name)
            if proper is None:
                raise SqlError("42704", f'unrecognized configuration parameter "{name}"')
        else:
            proper, value = self.settings.check(name, value)
        if self.block is not None and proper not in self.block.local and (local or not self.block.implicit):
            self.block.local[proper] = self.settings.values.get(proper)
        if local and (self.block is None or self.block.implicit) and self.block is None:
            return
        if proper == "transaction_isolation" and self.block is not None and value is not None:
            self.block.isolation = value
        if proper == "transaction_read_only" and self.block is not None and value is not None:
            self.block.read_only = value == "on"
        self._put(proper, value)
        if self.block is not None and not local:
            # What is set for the session outlives a commit but not a rollback.
            self.block.local[f"!{proper}"] = ""

    def _put(self, name: str, value: str | None) -> None:
        if value is None:
            self.settings.values.pop(name, None)
        else:
            self.settings.values[name] = value
        if name in REPORTED:
            self.reported.append((name, str(self.settings.get(name))))

    def restore_settings(self, committed: bool) -> None:
        """Take back at a transaction's end what was set for it alone."""
        if self.block is None:
            return
        for name, value in self.block.local.items():
            if name.startswith("!") or (committed and f"!{name}" in self.block.local):
                continue
            if self.settings.values.get(name) != value:
                self._put(name, value)
        self.settings.values.pop("transaction_isolation", None)
        self.settings.values.pop("transaction_read_only", None)

    def style(self, state: State) -> Style:
        """How values look at this moment."""
        name = self.settings.get("TimeZone") or "UTC"
        where = None if name.upper() in ("UTC", "ETC/UTC", "GMT", "Z", "ZULU", "ETC/UCT") else zone(name)
        started = self.block.started if self.block is not None else microseconds(state.now) - _EPOCH
        return Style(where, started, self.settings.get("bytea_output") or "hex")

    # Transactions

    def open(self, implicit: bool = False) -> Block:
        """Begin a transaction block."""
        self.block = Block(self.world, implicit)
        self.block.isolation = self.settings.get("default_transaction_isolation") or "read committed"
        self.block.read_only = self.settings.get("default_transaction_read_only") == "on"
        self.transaction_count += 1
        self.locks.begin(self)
        return self.block

    def branch(self) -> Transaction:
        """A transaction on this block's private branch, brought up to date where the isolation level says so."""
        block = self.block
        assert block is not None
        present = self.world.version
        if block.isolation not in ("repeatable read", "serializable"):
            if present.tables is not block.base.tables:
                self._rebase(block, present)
        elif not block.snapshot:
            block.snapshot = True
            if not block.log:
                block.base = block.version = present
        return Transaction(block.version, self.world.name)

    def _rebase(self, block: Block, present: Version) -> None:
        if not block.log:
            block.version = present
        else:
            onto = Transaction(present, self.world.name)
            replay(onto, block.log, self.specs)
            block.version = onto.commit()
        block.base = present

    def keep(self, branch: Transaction) -> None:
        """Make a statement's changes part of the block."""
        block = self.block
        assert block is not None
        if branch.touched:
            for view in branch._tables.values():
                if view.touched:
                    self.specs.setdefault(("name", view.spec.name), view.spec)
                    self.specs["name", view.spec.name] = view.spec
            block.log += branch.changes
            block.version = branch.commit()

    def end(self) -> None:
        """Forget the block and its locks."""
        self.block = None
        self.deferred = []
        self.deferral = {}
        self.cursors.clear()
        self.locks.release(self)

    @property
    def status(self) -> bytes:
        """The transaction's state as ReadyForQuery says it."""
        if self.block is None or (self.block.implicit and not self.block.failed):
            return b"I"
        return b"E" if self.block.failed else b"T"

    # Locks

    def lock(self, thing: Relation, key: Any) -> None:
        """Lock a row or a key until the transaction ends. Raises ``Blocked``."""
        if self.locks.sessions:
            if self.block is not None:
                self.locks.take((thing.oid, key), self)
            else:
                self.locks.check((thing.oid, key), self)

    def await_free(self, thing: Relation, key: Any) -> None:
        """Raises ``Blocked`` if another transaction has the row or key."""
        if self.locks.sessions:
            self.locks.check((thing.oid, key), self)

    def reserve(self, storage: str, rid: int) -> int:
        """A row id for a new row."""
        return self.locks.reserve(storage, rid)

    def defer(self, constraint: Constraint) -> bool:
        """Whether a constraint is checked only at commit."""
        if not constraint.deferrable or self.block is None:
            return False
        return self.deferral.get(constraint.name, self.deferral.get("", constraint.deferred))

    def advisory(self, key: Any) -> None:
        """Advisory locks are always granted: there is one process."""

    def signal(self, pid: int) -> bool:
        """Cancel another session's statement."""
        other = self.shared.sessions.get(pid)
        if other is None:
            return False
        other.session.cancelled = "canceling statement due to user request"
        return True

    # Statements

    def run(self, state: State, tables: State, params: list[Any]) -> Run:
        """A statement's surroundings."""
        style = self.style(state)
        catalog = Catalog(tables, state, self.shared.cache)
        run = Run(state, tables, self, catalog, style, params)
        from ..catalog.registered import name_of, oid_of

        style.name_of = lambda kind, oid: name_of(run, kind, oid)
        style.oid_of = lambda kind, text: oid_of(run, kind, text)
        return run


def replay(onto: Transaction, log: list[Any], specs: dict[Any, Any]) -> None:
    """Write logged changes to another transaction."""
    for change in log:
        table = onto.table(specs["name", change.table])
        if change.after is None:
            table.delete(change.key)
        else:
            table.put(change.key, change.after)


__all__ = ["Block", "FailureKind", "Session", "Shared", "replay"]
