"""The control plane: everything a harness drives, over HTTP, a typed client, a command line and pytest."""
