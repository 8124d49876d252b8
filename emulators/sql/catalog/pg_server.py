"""The system tables about the server, its roles and its settings, and those that are always empty here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from .pg_objects import View, columns


def _databases(c: Any) -> Iterator[Any]:
    names = dict.fromkeys(["postgres", "template1", "template0", c.session.database])
    for n, name in enumerate(names):
        template = name.startswith("template")
        yield (
            5 + n,
            name,
            10,
            6,
            "c",
            template,
            name != "template0",
            -1,
            "717",
            "1",
            1663,
            "C.UTF-8",
            "C.UTF-8",
            None,
            None,
            None,
        )


def _roles(c: Any) -> Iterator[Any]:
    for n, name in enumerate(dict.fromkeys(["postgres", c.session.user])):
        yield 10 + n * 90000, name, True, True, True, True, True, True, -1, "********", None, True, None


def _authid(c: Any) -> Iterator[Any]:
    for n, name in enumerate(dict.fromkeys(["postgres", c.session.user])):
        yield 10 + n * 90000, name, True, True, True, True, True, True, True, -1, None, None


def _settings(c: Any) -> Iterator[Any]:
    for name, value in c.session.settings.all():
        yield (
            name,
            value,
            None,
            "Emulated",
            "",
            None,
            "user",
            "string",
            "default",
            None,
            None,
            None,
            value,
            value,
            None,
            None,
            False,
        )


def _activity(c: Any) -> Iterator[Any]:
    for pid, connection in sorted(c.session.shared.sessions.items()):
        session = connection.session
        if session is None or session.world is not c.session.world:
            continue
        state = (
            "active"
            if session is c.session
            else {b"I": "idle", b"T": "idle in transaction", b"E": "idle in transaction (aborted)"}[session.status]
        )
        yield (
            5,
            session.database,
            pid,
            None,
            10,
            session.user,
            session.settings.get("application_name"),
            None,
            None,
            None,
            c.style.now,
            None,
            None,
            None,
            None,
            None,
            state,
            None,
            None,
            None,
            "",
            "client backend",
        )


def _ams(c: Any) -> Iterable[Any]:
    return [(2, "heap", "heap_tableam_handler", "t"), (403, "btree", "bthandler", "i"), (405, "hash", "hashhandler", "i"),
            (783, "gist", "gisthandler", "i"), (2742, "gin", "ginhandler", "i")]  # fmt: skip


def _collations(c: Any) -> Iterable[Any]:
    return [
        (100, "default", 11, 10, "d", True, -1, None, None, None, None),
        (950, "C", 11, 10, "c", True, -1, "C", "C", None, None),
    ]


def _tables_stat(c: Any) -> Iterator[Any]:
    for r in c.catalog.relations():
        if r.kind == "r":
            yield r.oid, r.schema, r.name, 0, 0, 0, 0, 0, 0, 0, 0, len(c.table(r)), 0


def _nothing(c: Any) -> Iterable[Any]:
    return ()


VIEWS: Final[dict[str, View]] = {
    "pg_database": (
        columns(
            "oid:oid datname:name datdba:oid encoding:int4 datlocprovider:char datistemplate:bool datallowconn:bool datconnlimit:int4 "
            "datfrozenxid:text datminmxid:text dattablespace:oid datcollate:text datctype:text daticulocale:text datcollversion:text datacl:acl"
        ),
        _databases,
    ),
    "pg_roles": (
        columns(
            "oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool "
            "rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz rolbypassrls:bool rolconfig:text[]"
        ),
        _roles,
    ),
    "pg_authid": (
        columns(
            "oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool "
            "rolbypassrls:bool rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz"
        ),
        _authid,
    ),
    "pg_user": (columns("usename:name usesysid:oid usecreatedb:bool usesuper:bool"), lambda c: [(c.session.user, 10, True, True)]),
    "pg_settings": (
        columns(
            "name:text setting:text unit:text category:text short_desc:text extra_desc:text context:text vartype:text source:text min_val:text "
            "max_val:text enumvals:text[] boot_val:text reset_val:text sourcefile:text sourceline:int4 pending_restart:bool"
        ),
        _settings,
    ),
    "pg_stat_activity": (
        columns(
            "datid:oid datname:name pid:int4 leader_pid:int4 usesysid:oid usename:name application_name:text client_addr:text "
            "client_hostname:text client_port:int4 backend_start:timestamptz xact_start:timestamptz query_start:timestamptz "
            "state_change:timestamptz wait_event_type:text wait_event:text state:text backend_xid:text backend_xmin:text query_id:int8 query:text backend_type:text"
        ),
        _activity,
    ),
    "pg_am": (columns("oid:oid amname:name amhandler:text amtype:char"), _ams),
    "pg_collation": (
        columns(
            "oid:oid collname:name collnamespace:oid collowner:oid collprovider:char collisdeterministic:bool collencoding:int4 collcollate:text "
            "collctype:text colliculocale:text collversion:text"
        ),
        _collations,
    ),
    "pg_stat_user_tables": (
        columns(
            "relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 "
            "n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8"
        ),
        _tables_stat,
    ),
    "pg_extension": (
        columns("oid:oid extname:name extowner:oid extnamespace:oid extrelocatable:bool extversion:text extconfig:oid[] extcondition:text[]"),
        lambda c: [(13500, "plpgsql", 10, 11, False, "1.0", None, None)],
    ),
    "pg_language": (columns("oid:oid lanname:name lanowner:oid lanispl:bool lanpltrusted:bool"), lambda c: [(12, "internal", 10, False, False), (14, "sql", 10, False, True), (13501, "plpgsql", 10, True, True)]),
    "pg_tablespace": (columns("oid:oid spcname:name spcowner:oid spcacl:acl spcoptions:text[]"), lambda c: [(1663, "pg_default", 10, None, None), (1664, "pg_global", 10, None, None)]),
    "pg_inherits": (columns("inhrelid:oid inhparent:oid inhseqno:int4 inhdetachpending:bool"), _nothing),
    "pg_trigger": (
        columns(
            "oid:oid tgrelid:oid tgparentid:oid tgname:name tgfoid:oid tgtype:int2 tgenabled:char tgisinternal:bool tgconstrrelid:oid "
            "tgconstrindid:oid tgconstraint:oid tgdeferrable:bool tginitdeferred:bool tgnargs:int2 tgattr:vector tgqual:node tgoldtable:name tgnewtable:name"
        ),
        _nothing,
    ),
    "pg_rewrite": (columns("oid:oid rulename:name ev_class:oid ev_type:char ev_enabled:char is_instead:bool"), _nothing),
    "pg_policy": (columns("oid:oid polname:name polrelid:oid polcmd:char polpermissive:bool polroles:oid[] polqual:node polwithcheck:node"), _nothing),
    "pg_publication": (columns("oid:oid pubname:name pubowner:oid puballtables:bool pubinsert:bool pubupdate:bool pubdelete:bool pubtruncate:bool pubviaroot:bool"), _nothing),
    "pg_publication_rel": (columns("oid:oid prpubid:oid prrelid:oid prqual:node prattrs:vector"), _nothing),
    "pg_publication_namespace": (columns("oid:oid pnpubid:oid pnnspid:oid"), _nothing),
    "pg_statistic_ext": (columns("oid:oid stxrelid:oid stxname:name stxnamespace:oid stxowner:oid stxstattarget:int4 stxkeys:vector stxkind:char[]"), _nothing),
    "pg_partitioned_table": (columns("partrelid:oid partstrat:char partnatts:int2 partdefid:oid partattrs:vector"), _nothing),
    "pg_foreign_table": (columns("ftrelid:oid ftserver:oid ftoptions:text[]"), _nothing),
    "pg_foreign_server": (columns("oid:oid srvname:name srvowner:oid srvfdw:oid srvtype:text srvversion:text srvacl:acl srvoptions:text[]"), _nothing),
    "pg_range": (columns("rngtypid:oid rngsubtype:oid rngmultitypid:oid rngcollation:oid rngsubopc:oid rngcanonical:regproc rngsubdiff:regproc"), _nothing),
    "pg_auth_members": (columns("roleid:oid member:oid grantor:oid admin_option:bool"), _nothing),
    "pg_shdescription": (columns("objoid:oid classoid:oid description:text"), _nothing),
    "pg_seclabel": (columns("objoid:oid classoid:oid objsubid:int4 provider:text label:text"), _nothing),
    "pg_default_acl": (columns("oid:oid defaclrole:oid defaclnamespace:oid defaclobjtype:char defaclacl:acl"), _nothing),
    "pg_event_trigger": (columns("oid:oid evtname:name evtevent:name evtowner:oid evtfoid:oid evtenabled:char evttags:text[]"), _nothing),
    "pg_opclass": (columns("oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid"), _nothing),
    "pg_locks": (columns("locktype:text database:oid relation:oid pid:int4 mode:text granted:bool"), _nothing),
    "pg_prepared_statements": (columns("name:text statement:text prepare_time:timestamptz"), lambda c: [(n, "", c.style.now) for n in c.session.prepared]),
    "pg_cursors": (columns("name:text statement:text is_holdable:bool is_binary:bool is_scrollable:bool"), lambda c: [(n, "", False, False, True) for n in c.session.cursors]),
    "pg_available_extensions": (columns("name:name default_version:text installed_version:text comment:text"), lambda c: [("plpgsql", "1.0", "1.0", "PL/pgSQL procedural language")]),
    "pg_timezone_names": (columns("name:text abbrev:text is_dst:bool"), lambda c: [("UTC", "UTC", False)]),
}  # fmt: skip
