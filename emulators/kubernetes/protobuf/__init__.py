"""Protobuf bodies, as Go clients send them for typed creates."""

from .decode import MAGIC, Broken, Undecodable, decode

__all__ = ["MAGIC", "Broken", "Undecodable", "decode"]
