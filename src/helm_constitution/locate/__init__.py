"""From a symbolic place to file, line, column and the value that sets the field."""
