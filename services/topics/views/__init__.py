"""The shapes of what topics answers, as OpenAPI shows them."""
