"""Small tools that know nothing of requests, contracts or vendors."""
