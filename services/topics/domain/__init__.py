"""The domain of topics: `procedures` (data), `topic` and `plan` (deciders)."""
