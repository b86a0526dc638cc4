"""Who may do what: `docs/authorisation.md` from what endpoints declare, and an example request for each."""
