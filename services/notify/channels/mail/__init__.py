"""E-mail: what a notice becomes (`message`, `words`, `templates`), and who takes it (`server`)."""
