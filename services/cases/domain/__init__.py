"""The domain of cases: `entry` (a ledger entry and its five-one loop) and `problem`."""
