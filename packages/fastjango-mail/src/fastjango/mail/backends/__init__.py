"""What messages can be sent with; `EMAIL_BACKEND` and `MAILERS` name one."""
