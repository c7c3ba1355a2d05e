# Was am Rand der Seite gesagt wird, wenn etwas geschehen ist.
notice-failed = { $name }: { $what }. { $reason }
notice-no-reason = Es wurde kein Grund genannt.
notice-deleted = { $name } ist gelöscht.
notice-created-in = { $name } läuft: { $nodes } in { $length }.
notice-created = { $name } läuft.
notice-started = { $name }: { $state }.
notice-restarted = { $name } ist neu gestartet.
notice-recovered = { $name } läuft wieder nach einem Neustart von { $host }.
notice-stopped = { $name } ist angehalten.
notice-has-nodes = { $name } hat jetzt { $nodes }.
notice-broke = { $name }: { $state }. { $reason }
notice-out-of-memory = { $name }, { $node }: { $what }.
