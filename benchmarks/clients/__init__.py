"""Real clients, configured as their documentation says, and the matrix of how each behaves when a vendor fails."""
