"""The fourteen tools of the reference filesystem server."""
