"""The shape of what the board answers, as OpenAPI shows it."""
