"""How OpenTelemetry's propagators read the headers of a request.

The one module here that imports OpenTelemetry at its top: it is imported by
the first traced request.
"""

from opentelemetry.propagators.textmap import Getter
from starlette.datastructures import Headers

__all__ = ("HEADERS_GETTER", "HeadersGetter")


class HeadersGetter(Getter[Headers]):
    """Reads Starlette's headers."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        """Return the values of header *key*, None without any."""
        values = carrier.getlist(key)
        if not values:
            return None
        # The baggage propagator looks at the first value only.
        return [",".join(values)] if key.lower() == "baggage" else values

    def keys(self, carrier: Headers) -> list[str]:
        """Return the names of all headers."""
        return carrier.keys()


HEADERS_GETTER = HeadersGetter()
