"""Runs the corpus of wrong clients against the tools that people would use instead, under the same assertions.

__main__      the command: runs every tool and prints one table
corpus        the tests of tests/client_bugs, by kind of bug
running       one run of the corpus with one tool, and what became of each test
handle        the stand-in for mockserver's handles: what the corpus calls, over any peer
operations    the seven operations as a user would stub them, and the events in their bodies
peer          what the stand-in needs of a tool: stubs, faults, the log, complaints
httpserver    pytest-httpserver
respx_router  respx, with requests, urllib3 and httpx2 routed through it
wiremock      WireMock
table         the table, in Markdown

docs/peers.md holds the last table and how to read it.
"""
