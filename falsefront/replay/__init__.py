"""Recordings of what happened, to verify and to serve from."""
