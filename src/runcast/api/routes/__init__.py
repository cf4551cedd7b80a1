"""The endpoints, one file for each kind of thing. Each names its handlers in `ROUTES`."""
