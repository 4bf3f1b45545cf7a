"""SMS that a provider brings, and what became of ours, with the shared secret (SMS_SECRET)."""

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

from customers.models import Message, ReceivedStop
from customers.services import arrivals, stops


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


class SmsReportSerializer(serializers.Serializer[Any]):
    """What became of an SMS of ours."""

    OUTCOMES = ("delivered", "failed", "unreachable")
    reference = serializers.RegexField(
        r"^message-[1-9][0-9]{0,17}$", help_text="The one that came with the SMS."
    )
    outcome = serializers.ChoiceField(
        OUTCOMES, help_text="`unreachable`: nobody has this number; `failed`: this one time."
    )
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class ReportSms(GenericAPIView[Message]):
    """Take a delivery report. A number that nobody has gets nothing more until it is put right.
    For the provider alone, with `Authorization: Bearer` and the shared secret. Repeats and unknown
    references are answered alike.
    """

    authentication_classes = []
    permission_classes = [HasSecret]
    throttle_classes = []
    serializer_class = SmsReportSerializer
    queryset = Message.objects.none()
    filterset_class = None
    pagination_class = None

    @extend_schema(responses={200: SmsAnswerSerializer, 400: ValidationErrorResponseSerializer})
    def post(self, request: Request) -> Response:
        received = SmsReportSerializer(data=request.data)
        received.is_valid(raise_exception=True)
        data = received.validated_data
        arrived = data["outcome"] == "delivered"
        arrivals.record(
            what=Message.Arrival.DELIVERED if arrived else Message.Arrival.BOUNCED,
            at=timezone.now(),
            channel=Message.Channel.SMS,
            message_id=int(data["reference"].removeprefix("message-")),
            final=data["outcome"] == "unreachable",
            note=data["note"],
        )
        return Response({"outcome": "received"})
