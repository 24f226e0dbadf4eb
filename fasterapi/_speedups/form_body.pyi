from fasterapi._speedups.exchange import Exchange
from fasterapi._speedups.form import FormLimits

async def read_form(x: Exchange, limits: FormLimits) -> None: ...
