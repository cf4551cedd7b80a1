"""What a developer imports: tasks, options, clients, handles."""
