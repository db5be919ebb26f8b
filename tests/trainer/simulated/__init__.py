"""A trainer that trains nothing: it takes verl's overrides, counts memory, and fails in the words of the real one."""
