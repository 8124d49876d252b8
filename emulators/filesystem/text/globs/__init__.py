"""Globs as minimatch 10 reads them with its option ``dot``, for paths without ``.`` and ``..``."""

from .matcher import BadGlob, matcher

__all__ = ["BadGlob", "matcher"]
