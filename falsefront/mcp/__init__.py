"""The Model Context Protocol over HTTP, both eras, for every façade that offers tools."""
