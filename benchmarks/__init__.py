"""Measures mockserver against the tools that people would use instead. `make bench` runs it all.

__main__      the command: runs the parts in turn and writes one table
scale         how much is measured, at length or for a moment
work          the requests, the same for every server
machine       cores, versions, and the tools that are installed for comparison (package.json)
servers       mockserver, and contenders/ beside it, each on the server's core and seen to answer rightly
load          full load by wrk, exact counts and set rates by our own client, on the load's core
report        the figures, their targets, the table

peers         a command of its own: what other tools catch of the corpus of wrong clients

throughput startup growth holding held_connections analytics fixture_cost profiling    the parts

RESULTS.md is the last run's table; profile-before.txt and profile-after.txt show where the time of a request went
before and after the request path was made faster.
"""
