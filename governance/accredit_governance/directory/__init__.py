"""What a company's directory (Entra ID, Okta, …) says of people, and how it asks."""
