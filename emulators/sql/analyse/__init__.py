"""From PostgreSQL's parse tree to typed queries: names, types, operators and functions resolved as PostgreSQL does."""
