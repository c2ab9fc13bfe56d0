"""What clients wanted recorded: read out of exchanges, verified, exported."""
