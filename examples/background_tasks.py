"""Work that is done after the answer was sent."""

import logging
from typing import Annotated

from fasterapi import BackgroundTasks, Body, FasterAPI

logger = logging.getLogger("examples.background")
app = FasterAPI()


def send_receipt(email: str, order: int) -> None:
    """Send the mail; a plain function runs in a worker thread and may block."""
    logger.info("receipt sent order=%d", order)


@app.post("/orders/{order}/confirm", status_code=202)
async def confirm(
    order: int, email: Annotated[str, Body(embed=True)], tasks: BackgroundTasks
) -> dict[str, str]:
    """Confirm an order at once and send the receipt later."""
    tasks.add_task(send_receipt, email, order=order)
    return {"message": "confirmed, the receipt is on its way"}
