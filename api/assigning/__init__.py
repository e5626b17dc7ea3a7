"""Books of customers given to staff: proposed, looked at, applied. What is worked out is in `projections.assigning`."""
