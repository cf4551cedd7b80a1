"""Django with an outbox: an order and the run that writes its report are one transaction of the application's own database.

    RUNCAST_OUTBOX=orders.db runcast dev examples/web/reports.py --database .runcast/reports.db
    ORDERS_DATABASE=orders.db python examples/web/django_orders.py runserver
    curl -X POST 'localhost:8000/orders?name=ada'

One file stands for a project: in yours the table comes with a migration, `migrations.RunSQL(outbox.definition("sqlite"))`.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.db import connection, models, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

if not settings.configured:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["ORDERS_DATABASE"]}
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost", "127.0.0.1"], DATABASES={"default": database})
    django.setup()

from reports import write_report

from runcast import outbox


class Order(models.Model):
    name = models.CharField(max_length=100, unique=True)

    class Meta:
        app_label = "shop"


@csrf_exempt
@require_POST
def place_order(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        run = outbox.trigger(connection, write_report.item(request.GET["name"])).result()
        Order.objects.create(name=request.GET["name"])  # if this fails, there is no run either
    return JsonResponse({"id": run.id}, status=202)


def migrate() -> None:
    """In a project: the migrations."""
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    outbox.create(connection)


urlpatterns = [path("orders", place_order)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    migrate()
    execute_from_command_line(sys.argv)
