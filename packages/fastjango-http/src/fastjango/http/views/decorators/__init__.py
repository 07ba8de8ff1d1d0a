"""Decorators for views: all of them work on sync and async views of every style."""
