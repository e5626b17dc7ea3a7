"""Floor 3: settings, wiring, HTTP, command line, console."""
