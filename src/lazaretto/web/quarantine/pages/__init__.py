"""Every package here is a page, or a few that belong together; each registers by existing."""
