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
common-disk = Speicherplatz
common-disk-nodes = In Knoten
common-disk-home = Home
common-disk-counted = Gemessen
common-disk-not-yet = Noch nicht gemessen. Das erste Ergebnis erscheint in einigen Minuten.
common-disk-missing = { $n ->
    [one] Ein Host fehlt hier: Er hat noch nicht gemessen oder antwortet nicht.
   *[other] { $n } Hosts fehlen hier: Sie haben noch nicht gemessen oder antworten nicht.
}
