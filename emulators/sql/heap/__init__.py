"""Rows in the store: frozen heaps that all worlds share, and each world's changes on top."""
