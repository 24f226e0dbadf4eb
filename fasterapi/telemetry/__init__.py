"""OpenTelemetry signals of an app: spans, metrics and logs of its requests.

`opentelemetry-api` is optional. Nothing here imports it before a provider is
configured, and until then the hooks on the request path return constants.
"""

from fasterapi.telemetry._api import TelemetryConfig, TelemetryData, get_telemetry_data

__all__ = ("TelemetryConfig", "TelemetryData", "get_telemetry_data")
