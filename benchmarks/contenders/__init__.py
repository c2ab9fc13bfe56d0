"""Applications and stubs that are measured beside mockserver, written as a user would write them."""
