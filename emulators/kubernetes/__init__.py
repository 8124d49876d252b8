"""A Kubernetes API server that real clients talk to, with the controllers that make its objects move."""

from .service import emulator

__all__ = ["emulator"]
