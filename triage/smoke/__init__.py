"""A client that uses the product from outside: REST in, websocket out. Needs no database."""
