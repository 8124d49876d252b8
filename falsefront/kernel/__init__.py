"""What an operation is, the path it takes, and what an emulator must offer; no protocol, no storage."""
