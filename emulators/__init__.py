"""One folder per façade; none knows another."""
