"""Pages and the API: thin views over ``store``, which decides who may see and do what."""
