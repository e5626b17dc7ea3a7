"""Permits to contact a customer, and receipts of the attempts."""
