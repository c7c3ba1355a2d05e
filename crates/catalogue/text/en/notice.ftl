# What is said at the edge of the page when something has happened.
notice-failed = { $name }: { $what }. { $reason }
notice-no-reason = No reason was given.
notice-deleted = { $name } is deleted.
notice-created-in = { $name } is running: { $nodes } in { $length }.
notice-created = { $name } is running.
notice-started = { $name } is { $state }.
notice-restarted = { $name } has restarted.
notice-recovered = { $name } runs again after a restart of { $host }.
notice-stopped = { $name } is stopped.
notice-has-nodes = { $name } has { $nodes } now.
notice-broke = { $name } is { $state }. { $reason }
notice-out-of-memory = { $name }, { $node }: { $what }.
