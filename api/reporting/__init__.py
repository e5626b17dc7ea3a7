"""Reports for people and programs: the question read, the pass over the ledger made, the answer as page, table or file."""
