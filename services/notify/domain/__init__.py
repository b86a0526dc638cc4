"""The domain of notices: `notice` (the decider) and `messages` (who is told what)."""
