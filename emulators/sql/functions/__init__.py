"""The functions, operators and aggregates that expressions may use."""
