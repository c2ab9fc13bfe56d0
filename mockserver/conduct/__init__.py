"""The verdict on a client's conduct: chains of attempts, the rules that judge them, and the ledger of events."""
