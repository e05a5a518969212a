"""From declared files to the model: grammar (`tables`), checks (`reading`), meaning (`assembling`)."""
