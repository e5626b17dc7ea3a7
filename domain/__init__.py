"""Floor 1: the vocabulary, the rules and the ledger."""
