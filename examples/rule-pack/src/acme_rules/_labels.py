"""Names that Acme's rules share: a module whose name begins with an underscore holds no rules of its own."""

OWNER = "acme.test/owner"
