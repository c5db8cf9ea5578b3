"""The client of Zendesk: configuration, sign-in, transport, payloads, rate limits. `client` alone knows zenpy."""
