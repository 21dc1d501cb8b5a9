"""Identity providers: what the settings say of them, and what they say of people and services."""
