from fastjango.core import AppConfig


class BookstallConfig(AppConfig):
    name = "bookstall"
