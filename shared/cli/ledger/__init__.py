"""Enters a county's ledger through the services' HTTP commands, and reports on it."""
