"""What the handlers of every application answer with."""

ROUTE_COUNT = 200

# As a database driver would hand them over: plain dictionaries.
ROWS = [
    {
        "id": number,
        "name": f"Article {number}",
        "price": round(4.5 + number * 1.75, 2),
        "tags": [f"shelf-{number % 9}", f"group-{number % 11}"],
    }
    for number in range(100)
]

USERS = {"token-of-grace": {"name": "grace", "grants": ["orders:write", "stock:read"]}}
NEEDED_GRANT = "stock:read"
