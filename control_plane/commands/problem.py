"""What went wrong, in a line that says what to do."""

from __future__ import annotations

from falsefront.kernel.operation import Failure

from ..client.errors import (
    ApiError,
    ConnectionFailed,
    ExpectationFailed,
    FalsefrontError,
    NotFound,
    Unauthenticated,
)


def explain(error: Exception) -> str:
    """An error in words; one that nobody foresaw names its type."""
    match error:
        case Unauthenticated():
            return f"{error.message}; give it with --token or FALSEFRONT_TOKEN"
        case NotFound() if "no world" in error.message:
            return f"{error.message}; 'falsefront worlds' lists those there are"
        case ExpectationFailed() | ConnectionFailed() | FalsefrontError() if not isinstance(error, ApiError):
            return str(error)
        case ApiError():
            return str(error)
        case Failure():
            return error.message
        case FileNotFoundError() | PermissionError() | IsADirectoryError() if error.filename:
            return f"{error.strerror}: {error.filename}"
        case ValueError() | OSError() | RuntimeError():
            return str(error) or type(error).__name__
        case ModuleNotFoundError():
            return f"{error}; install it with pip"
        case _:
            return f"{type(error).__name__}: {error}"
