"""Bytes, not meanings: connections that can misbehave, and the server that holds them."""
