"""INSERT, UPDATE and DELETE, row by row in PostgreSQL's order, with its constraints and errors."""
