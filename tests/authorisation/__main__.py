"""`python -m tests.authorisation`: write docs/authorisation.md."""

from __future__ import annotations

from tests.authorisation.page import PAGE, page, rights

if __name__ == "__main__":
    PAGE.write_text(page(rights()), "utf-8")
