"""How much error budget is left: from series and specs to figures, verdicts and pages to read."""
