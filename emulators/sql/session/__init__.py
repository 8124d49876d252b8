"""One client's session: its settings, its transaction, its statements."""
