"""How each family of events is gathered into facts: one function per type, which says what it changed."""
