"""The catalogue of a world's database: documents in the store, and PostgreSQL's system views over them."""
