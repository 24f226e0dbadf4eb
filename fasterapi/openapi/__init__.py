"""The OpenAPI document of an app and the pages that show it.

Kept free of imports: `fasterapi.security` needs only `openapi.models` and
`fasterapi._compat` only `openapi.constants`, both long before routes exist.
"""
