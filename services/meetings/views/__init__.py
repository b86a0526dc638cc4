"""The shapes of what meetings answers, as OpenAPI shows them."""
