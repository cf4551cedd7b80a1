"""A saga: when a later booking fails, the earlier ones are undone, in reverse, whatever crashes meanwhile.

runcast dev examples/saga.py
runcast trigger book_trip '{"hotel": "Seaview", "flight": "full"}' --follow
"""

from __future__ import annotations

from runcast import AbortRun, Retry, step, task

PATIENT = Retry(max_attempts=10)


@step
async def book(what: str, name: str) -> str:
    if name == "full":
        raise AbortRun(f"the {what} is fully booked")
    return f"{what}:{name}"


@step(retry=PATIENT)  # what is undone must be undone: it is tried until it works
async def cancel(booking: str) -> None:
    print("cancelled", booking)


@task
async def book_trip(hotel: str, flight: str) -> list[str]:
    booked: list[str] = []
    try:
        for what, name in (("hotel", hotel), ("flight", flight)):
            booked.append(await book(what, name))
    except Exception as error:
        for booking in reversed(booked):
            await cancel(booking)
        # No retry: it would build on the recorded bookings, which are no more.
        raise AbortRun(f"the trip is off: {error}") from error
    return booked
