"""Applications and stubs that are measured beside mockserver, as somebody would write them."""
