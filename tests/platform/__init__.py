"""The platform's parts against each other: real programs where they can run, contracts between files elsewhere."""
