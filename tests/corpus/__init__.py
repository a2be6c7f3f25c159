"""Forms of queries met in the wild: each is compiled, executed, and judged by its owner's own query."""
