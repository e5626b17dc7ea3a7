"""Floor 2: what the ledger's events mean, as rows."""
