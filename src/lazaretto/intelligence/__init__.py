"""What all tenants share: signed bundles of rules, indicators, digests of malicious files."""
