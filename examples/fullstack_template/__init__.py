"""Users, JWT login and items in SQL."""
