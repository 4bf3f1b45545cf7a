"""SMS that a provider brings, with the shared secret (SMS_SECRET)."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import extend_schema
from drf_standardized_errors.openapi_serializers import ValidationErrorResponseSerializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import ReceivedStop
from customers.services import stops


class HasSecret(BasePermission):
    """Without the secret, or when none is set, there is no such door (404)."""

    def has_permission(self, request: Request, _view: Any) -> bool:
        secret = str(settings.SMS_SECRET)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not secret or not constant_time_compare(given, secret):
            raise NotFound
        return True


class SmsSerializer(serializers.Serializer[Any]):
    """An SMS that was received."""

    id = serializers.CharField(max_length=100, help_text="The provider's own; taken once.")
    sender = serializers.CharField(max_length=40, help_text="The number that wrote.")
    text = serializers.CharField(max_length=5000, allow_blank=True)


class SmsAnswerSerializer(serializers.Serializer[Any]):
    """Always the same: it tells nothing of the number."""

    outcome = serializers.CharField()


class ReceiveSms(GenericAPIView[ReceivedStop]):
    """Take one SMS; STOP ends offers by SMS to that number. For the provider alone, with
    `Authorization: Bearer` and the shared secret. Repeats, unknown numbers and other texts are
    answered alike.
    """

    authentication_classes = []
    permission_classes = [HasSecret]
    throttle_classes = []
    serializer_class = SmsSerializer
    queryset = ReceivedStop.objects.none()
    filterset_class = None
    pagination_class = None

    @extend_schema(responses={200: SmsAnswerSerializer, 400: ValidationErrorResponseSerializer})
    def post(self, request: Request) -> Response:
        received = SmsSerializer(data=request.data)
        received.is_valid(raise_exception=True)
        data = received.validated_data
        stops.receive(
            reference=data["id"], sender=data["sender"], text=data["text"], at=timezone.now()
        )
        return Response({"outcome": "received"})
