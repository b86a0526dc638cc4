"""The domain of meetings: `standards` (data), `venue` and `meeting` (deciders)."""
