"""Pages of money."""

from django.urls import URLPattern, path

from payments.views import receipts, sandbox, webhooks

app_name = "payments"
urlpatterns: list[URLPattern] = [
    path("a/<str:secret>/receipts/<int:receipt_id>/", receipts.receipt, name="receipt"),
    path("a/<str:secret>/receipts/<int:receipt_id>/receipt.pdf", receipts.receipt_file, name="receipt_file"),
    path("sandbox/<str:reference>/", sandbox.sandbox, name="sandbox"),
    path("webhooks/stripe/", webhooks.stripe, name="webhook_stripe"),
    path("webhooks/razorpay/", webhooks.razorpay, name="webhook_razorpay"),
]
