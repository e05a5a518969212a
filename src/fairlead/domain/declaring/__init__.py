"""From declared files to the model: grammar (the `_keys` modules), checks (`reading`), meaning (`assembling`)."""
