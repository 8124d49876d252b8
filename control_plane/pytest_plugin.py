"""The pytest plugin: a world per test."""
