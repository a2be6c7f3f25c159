"""What a query of the user's means: which labels its result has, whether it can be made from pieces, and
what it tells when it returns nothing."""
