"""The kernel: app registry, plugin discovery, settings, checks, commands, signing."""
