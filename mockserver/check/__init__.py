"""`mockserver check`: checks recorded traffic against the contracts, offline."""
