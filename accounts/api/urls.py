"""The addresses of signing in for programs, below /api/v1/auth/."""

from __future__ import annotations

from django.urls import path

from accounts.api import auth_views as views

urlpatterns = [
    path("register/", views.Register.as_view(), name="register"),
    path("verify/", views.Verify.as_view(), name="verify"),
    path("verify/resend/", views.VerifyResend.as_view(), name="verify_resend"),
    path("token/", views.Token.as_view(), name="token"),
    path("token/refresh/", views.TokenRefresh.as_view(), name="token_refresh"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("me/", views.Me.as_view(), name="me"),
    path("password/", views.Password.as_view(), name="password"),
]
