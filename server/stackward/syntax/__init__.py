"""Go syntax by tree-sitter: which expression, call or function is at this byte. Tolerates broken code."""
