"""The shape of what cases answers, as OpenAPI shows it."""
