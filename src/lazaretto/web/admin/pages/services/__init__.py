"""Services: every setting as a form, a draft of what changes, its effect, its publishing and its history."""
