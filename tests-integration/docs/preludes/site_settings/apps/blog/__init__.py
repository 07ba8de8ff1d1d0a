"""An app without models, for settings that name one."""
