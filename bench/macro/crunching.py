"""A function that computes; workers import it, so it imports nothing."""


def crunch(count: int) -> dict[str, int]:
    total = 0
    for number in range(count):
        total += number
    return {"total": total}
