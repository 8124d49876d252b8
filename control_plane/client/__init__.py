"""A typed client of the control plane, sync and async; it needs nothing of the server but its URL."""

from .aio import AsyncFalsefront, AsyncWorld
from .errors import (
    ApiError,
    Conflict,
    ConnectionFailed,
    ExpectationFailed,
    FalsefrontError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ServerError,
    Unauthenticated,
    Unavailable,
)
from .shapes import Addresses, Clock, Diff, Entry, Fault, Mark, WorldInfo
from .sync import Falsefront, World

__all__ = [
    "Addresses",
    "ApiError",
    "AsyncFalsefront",
    "AsyncWorld",
    "Clock",
    "Conflict",
    "ConnectionFailed",
    "Diff",
    "Entry",
    "ExpectationFailed",
    "Falsefront",
    "FalsefrontError",
    "Fault",
    "Forbidden",
    "InvalidRequest",
    "Mark",
    "NotFound",
    "ServerError",
    "Unauthenticated",
    "Unavailable",
    "World",
    "WorldInfo",
]
