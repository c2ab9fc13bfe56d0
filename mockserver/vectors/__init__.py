"""Test vectors: bodies at, just inside and just outside every limit of a contract, with what to expect of each."""
