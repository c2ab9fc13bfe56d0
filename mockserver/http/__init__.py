"""HTTP and uvicorn: receiving, sending, the connection below, statuses and problem documents."""
