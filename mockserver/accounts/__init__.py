"""What the server remembers of each credential: its journal, clock, quotas and randomness."""
