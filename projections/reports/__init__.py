"""Reports: what the whole population's histories come to, at the three coordinates of a question."""
