"""The ledger as the office's own workbook.

Imported when the first is asked for: the library that writes workbooks takes 20 MiB.
"""
