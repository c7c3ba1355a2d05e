# Wörter, die auf mehr als einer Seite stehen.
common-cancel = Abbrechen
common-close = Schließen
common-dismiss = Ausblenden
common-try-again = Noch einmal versuchen
common-loading = Wird geladen
common-name = Name
common-page-title = { $page } · Docklet
common-nodes = { $n ->
    [one] { $n } Knoten
   *[other] { $n } Knoten
}
common-nodes-running = { $n ->
    [one] { $running } von { $n } Knoten läuft
   *[other] { $running } von { $n } Knoten laufen
}
common-of = von { $limit }
