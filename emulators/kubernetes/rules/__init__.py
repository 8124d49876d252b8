"""What becomes of an object before it is kept: defaults, admission, allocation and validation."""
