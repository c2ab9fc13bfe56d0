"""Product Analytics queries, computed over the events that an account has sent: a pure engine, no clock, no network.

`EventStore` keeps events; `scalar` and `timeseries` compute over them with the validated `data.attributes` of a
request, or raise a QueryError that names what is wrong and where. Rules that no page of the vendor settles are marked
assumed where they are implemented.
"""
