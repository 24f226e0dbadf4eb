"""Instructions that this process has executed, from the CPU's own counter (Linux only)."""

import ctypes
import os
import platform
import struct

# perf_event_open(2) has no wrapper in libc.
SYSCALL = {"x86_64": 298, "aarch64": 241}
HARDWARE, INSTRUCTIONS = 0, 1
ATTRIBUTE_BYTES = 112  # PERF_ATTR_SIZE_VER5: old enough for any kernel in use
# Bits of perf_event_attr: children and threads too, neither the kernel nor a hypervisor.
INHERIT, EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6


class InstructionCounter:
    """Counts what `perf stat -e instructions:u` counts, but between any two readings.

    Raises:
        OSError: The machine has no such counter, or does not let us read it.
    """

    def __init__(self) -> None:
        number = SYSCALL.get(platform.machine())
        if number is None or platform.system() != "Linux":
            raise OSError("no instruction counter known for this machine")
        flags = INHERIT | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR
        fields = struct.pack("=IIQQQQQ", HARDWARE, ATTRIBUTE_BYTES, INSTRUCTIONS, 0, 0, 0, flags)
        attribute = ctypes.create_string_buffer(fields, ATTRIBUTE_BYTES)
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd = libc.syscall(number, attribute, 0, -1, -1, 0)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "perf_event_open")

    def read(self) -> int:
        """Return the instructions so far, of all threads started since the counter was made."""
        return int.from_bytes(os.read(self._fd, 8), "little")
