"""Plain values that every other layer speaks: the standard library only, all frozen."""
