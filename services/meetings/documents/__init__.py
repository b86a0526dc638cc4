"""Papers that an office prints: a notice, a sign-in sheet, the minutes, a poster."""
