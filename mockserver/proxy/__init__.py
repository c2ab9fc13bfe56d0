"""`mockserver proxy`: checks live traffic on its way to the vendors."""
