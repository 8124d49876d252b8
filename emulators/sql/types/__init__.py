"""PostgreSQL's types: what they are, how values look as text and in binary, and how one becomes another."""

from .table import BY_NAME, BY_OID, Type

__all__ = ["BY_NAME", "BY_OID", "Type"]
