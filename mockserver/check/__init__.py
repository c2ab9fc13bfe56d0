"""`mockserver check`: recorded traffic held against the contracts, offline."""
