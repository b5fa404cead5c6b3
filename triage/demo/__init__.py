"""Sample people, rules and messages for trying the product out. Refused in production."""
