"""Addresses of accounts and profiles."""

from fastjango.http import path

from . import views

urlpatterns = [
    path("users/login", views.LoginView.as_view(), name="login"),
    path("users", views.RegistrationView.as_view(), name="register"),
    path("user", views.UserView.as_view(), name="user"),
    path("profiles/<str:username>", views.ProfileView.as_view(), name="profile"),
    path("profiles/<str:username>/follow", views.FollowView.as_view(), name="follow"),
]
