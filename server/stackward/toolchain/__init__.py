"""Everything that runs the Go toolchain, and the parsers of what it prints (pure functions over text)."""
