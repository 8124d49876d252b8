"""HTTP: from requests to operations and back."""
