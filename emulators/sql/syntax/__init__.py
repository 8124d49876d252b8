"""SQL text to statements, by PostgreSQL's own grammar (libpg_query)."""

from .parser import Statement, kind_of, names_of, parse, unwrap

__all__ = ["Statement", "kind_of", "names_of", "parse", "unwrap"]
