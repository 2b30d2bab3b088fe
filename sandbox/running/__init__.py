"""What a run is made of: its cast, its world, its steps and what is expected of them. `sandbox.runner` is the door."""
