"""The providers of Leads against fakes over real HTTP, and without any."""
