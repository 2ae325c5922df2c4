"""The verbs of the dialogue, one module each; a verb is known because its module is here."""
