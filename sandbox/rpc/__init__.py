"""The JSON-RPC surface of a chain: one table of methods (`methods.METHODS`), one way in (`server.Server.handle`)."""
