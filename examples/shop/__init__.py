"""A small shop: products, customers, orders, pictures and two live channels.

Start it with ``fasterapi dev examples/shop/main.py`` and open http://127.0.0.1:8000/.
"""
