"""The words of the domain: frozen types, enumerations and errors.  Pure; imports nothing of ours."""
