"""Protobuf bodies, as Go clients send them for typed creates."""

from .decode import MAGIC, Undecodable, decode

__all__ = ["MAGIC", "Undecodable", "decode"]
