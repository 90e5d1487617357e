"""Endpoints for delivery plans: by number, by account, and the default."""

from __future__ import annotations

from convergia_mockserver.gateway import DeliveryPlan, Plans

from .endpoints import Context, Group
from .problems import ProblemError

PLANS = Group("Delivery plans")


@PLANS.get("/delivery-plans")
def list_plans(context: Context) -> Plans:
    """Show the delivery plans: by number, by account, and the default."""
    return context.space.plans.all()


@PLANS.put("/delivery-plans/default")
def set_default_plan(context: Context, body: DeliveryPlan) -> Plans:
    """Set the default plan for messages accepted from now on."""
    context.space.plans.put(body)
    return context.space.plans.all()


@PLANS.put("/delivery-plans/numbers/{number}")
def set_number_plan(context: Context, number: str, body: DeliveryPlan) -> Plans:
    """Set the plan for messages to a number from now on."""
    context.space.plans.put(body, number=number)
    return context.space.plans.all()


@PLANS.delete("/delivery-plans/numbers/{number}", status=204, errors=(404,))
def delete_number_plan(context: Context, number: str) -> None:
    """Delete the plan of a number."""
    if not context.space.plans.remove(number=number):
        raise ProblemError(404, f"number {number!r} has no plan of its own")


@PLANS.put("/delivery-plans/accounts/{account}")
def set_account_plan(context: Context, account: str, body: DeliveryPlan) -> Plans:
    """Set the plan for messages of an account from now on. A number's plan has precedence."""
    context.space.plans.put(body, account=account)
    return context.space.plans.all()


@PLANS.delete("/delivery-plans/accounts/{account}", status=204, errors=(404,))
def delete_account_plan(context: Context, account: str) -> None:
    """Delete the plan of an account."""
    if not context.space.plans.remove(account=account):
        raise ProblemError(404, f"account {account!r} has no plan of its own")
