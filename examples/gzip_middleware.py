"""Compress every answer of 1,000 bytes and more with gzip.

`fasterapi.middleware.compression.CompressionMiddleware` chooses among zstd, brotli and gzip
instead.
"""

from fasterapi import FasterAPI
from fasterapi.middleware.gzip import GZipMiddleware

app = FasterAPI()
app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)


@app.get("/numbers")
async def numbers(count: int = 1000) -> list[int]:
    """Return the first numbers; many of them are worth compressing, few are not."""
    return list(range(min(count, 100_000)))
