"""The numbered rules of the domain, and which tests prove each: `docs/rules.md` is made from both."""
