"""What the API offers: resources, types and their fields, derived from two packages and cached."""

from .resources import Resource, Subresource
from .shape import Shape, load
from .types import Types

__all__ = ["Resource", "Shape", "Subresource", "Types", "load"]
