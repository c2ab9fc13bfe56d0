"""A shop that tells Datadog, Satori and Supalytics what happens in it."""
