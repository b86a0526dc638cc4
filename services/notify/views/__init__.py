"""The shape of what notify answers, as OpenAPI shows it."""
