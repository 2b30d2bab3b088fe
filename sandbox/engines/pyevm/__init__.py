"""The engine on py-evm. Importing `sandbox.engines.pyevm.engine` imports py-evm, which takes most of a second."""
