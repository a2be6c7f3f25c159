"""Plain ASGI middleware, one job each. ``demo_service.app`` shows the order and why it is so."""
