"""The register as files: for machines by codes, for people in words."""
