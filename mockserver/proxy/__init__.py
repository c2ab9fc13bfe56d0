"""`mockserver proxy`: live traffic on its way to the vendors, held against the contracts."""
