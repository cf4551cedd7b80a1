"""Small stand-ins for paid providers, over real HTTP, with their documented answers and faults."""
