"""Runs a client's command once per scenario, and judges its conduct in each."""
