"""What is known of queues."""

from fastapi import APIRouter

router = APIRouter(prefix="/v1/queues", tags=["queues"])
