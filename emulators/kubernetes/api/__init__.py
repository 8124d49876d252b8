"""The API server: what a request means, whatever the resource."""
