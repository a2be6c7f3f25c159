"""The HTTP operations: thin, one router for each resource."""
