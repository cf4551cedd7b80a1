"""Tasks whose payloads need every kind of field, for the pages that test tasks."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from runcast import Alert, AlertEvent, task
from runcast.sdk.registry import Registry
from tests.dashboard.example_tasks import example_tasks


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    """Where it goes."""

    street: str = Field(description="Street and number", min_length=1)
    zip: Annotated[str, Field(pattern=r"^\d{5}$")] = "10115"


class Card(BaseModel):
    kind: Literal["card"] = "card"
    number: str


class Invoice(BaseModel):
    kind: Literal["invoice"] = "invoice"
    days: int = Field(default=14, ge=1, le=90, description="Days until it is due")


class Order(BaseModel):
    """An order of a customer."""

    customer: str = Field(description="Who it is for")
    quantity: int = Field(default=1, ge=1, le=100)
    color: Color = Color.RED
    speed: Literal["slow", "fast"] = "fast"
    gift: bool = False
    address: Address
    payment: Card | Invoice = Field(discriminator="kind")
    due: date | None = None
    mails: list[str] = Field(default=[], max_length=5)
    others: list[Address] = []
    labels: dict[str, int] = {}
    note: str | None = Field(default=None, max_length=2_000)


def shop_tasks() -> Registry:
    """Those of the other pages, an `order`, and an alert of what fails."""
    registry = example_tasks()

    @task(registry=registry)
    async def order(order: Order) -> str:
        """Takes an order.

        It is packed, and sent on the same day.
        """
        return f"{order.quantity} for {order.customer}"

    @task(registry=registry)
    async def on_alert(event: AlertEvent) -> None:
        """Hears of failures."""

    Alert("failures", on="failed", run=on_alert, registry=registry)
    return registry
