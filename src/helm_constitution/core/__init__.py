"""Words that everybody uses: errors, the model, records, files."""
