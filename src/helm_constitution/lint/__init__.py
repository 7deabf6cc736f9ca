"""The inside of the rule API: subject, runner, findings, fingerprints, registry, packs, redaction."""
