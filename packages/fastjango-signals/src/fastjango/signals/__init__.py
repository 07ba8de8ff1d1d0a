"""Django's signals on blinker: ordered, weak, robust, sync and async."""
