"""The channel to other systems: Standard Webhooks, signed, guarded against being sent inside (N10)."""
