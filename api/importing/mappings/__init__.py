"""The mappings that ship with Jejak, by name: `online-retail`, `incident-log`."""
