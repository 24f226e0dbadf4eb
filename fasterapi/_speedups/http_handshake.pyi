from typing import final

@final
class HandshakeFault: ...
