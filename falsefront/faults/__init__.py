"""Rules that break things on purpose: which operation, how often, and what befalls it."""

from .interceptor import strike
from .plan import Plan, put_rule, remove_rule, rules
from .rule import Rule

__all__ = ["Plan", "Rule", "put_rule", "remove_rule", "rules", "strike"]
