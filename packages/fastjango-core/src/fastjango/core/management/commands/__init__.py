"""The commands of the kernel, one module each."""
