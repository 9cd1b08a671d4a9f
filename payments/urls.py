"""Pages of money."""

from django.urls import URLPattern, path

from payments.views import (
    checkout,
    desk,
    desk_cash,
    desk_receipts,
    payment,
    razorpay_return,
    receipts,
    reports,
    sandbox,
    visit_money,
    webhooks,
)

app_name = "payments"
urlpatterns: list[URLPattern] = [
    path("a/<str:secret>/receipts/<int:receipt_id>/", receipts.receipt, name="receipt"),
    path("a/<str:secret>/receipts/<int:receipt_id>/receipt.pdf", receipts.receipt_file, name="receipt_file"),
    path("a/<str:secret>/pay/", checkout.checkout, name="checkout"),
    path("a/<str:secret>/pay/<int:payment_id>/", payment.payment, name="payment"),
    path("a/<str:secret>/pay/<int:payment_id>/give-up/", payment.give_up, name="give_up"),
    path("a/<str:secret>/money/", visit_money.visit_money, name="visit_money"),
    path("pay/razorpay/<int:payment_id>/<str:secret>/", razorpay_return.razorpay_return, name="razorpay_return"),
    path("reports/revenue/", reports.revenue, name="revenue"),
    path("reports/revenue/ledger.csv", reports.ledger_file, name="ledger_file"),
    path("desk/pay/<int:appointment_id>/", desk.desk_pay, name="desk_pay"),
    path("desk/money/<int:appointment_id>/", desk.desk_money, name="desk_money"),
    path("desk/receipts/<int:receipt_id>/", desk_receipts.desk_receipt, name="desk_receipt"),
    path("desk/receipts/<int:receipt_id>/receipt.pdf", desk_receipts.desk_receipt_file, name="desk_receipt_file"),
    path("desk/cash/<slug:slug>/", desk_cash.desk_cash, name="desk_cash"),
    path("desk/cash/<slug:slug>/cash.csv", desk_cash.desk_cash_file, name="desk_cash_file"),
    path("sandbox/<str:reference>/", sandbox.sandbox, name="sandbox"),
    path("webhooks/stripe/", webhooks.stripe, name="webhook_stripe"),
    path("webhooks/razorpay/", webhooks.razorpay, name="webhook_razorpay"),
]
