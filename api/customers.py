"""What is known of customers."""

from fastapi import APIRouter

router = APIRouter(prefix="/v1/customers", tags=["customers"])
