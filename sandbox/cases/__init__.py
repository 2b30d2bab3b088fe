"""Use cases by subject. `service.Sandbox` is all of them together and the only door to them."""
