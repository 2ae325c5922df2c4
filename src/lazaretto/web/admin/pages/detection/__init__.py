"""What is wrong with looking at mail, for operators."""
