"""Commands over HTTP and from the command line: read the head, decide, record; again where somebody was quicker."""
