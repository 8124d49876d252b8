"""Running typed queries: expressions become closures, queries become iterators of tuples."""
