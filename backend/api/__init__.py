"""What the site answers: GraphQL, the CSRF token and its own health."""
