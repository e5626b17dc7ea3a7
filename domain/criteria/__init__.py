"""What the clauses of a rulebook ask: criteria that answer at a moment, and until when that answer stands."""
