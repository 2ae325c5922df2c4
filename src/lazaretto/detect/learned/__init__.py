"""What was learned from mail: a linear model over words and form, and what fits it."""
