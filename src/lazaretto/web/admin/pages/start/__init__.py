"""A tenant's own address, which leads to the first page that the reader may see."""
