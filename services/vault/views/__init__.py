"""Tables and queries, one module for each thing they are about. They name and describe; what is sealed lies elsewhere."""
