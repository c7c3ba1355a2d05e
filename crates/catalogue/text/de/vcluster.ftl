# Ein vcluster: seine Seite und der Dialog, der ihn löscht.
vcluster-look-again = Noch einmal nachsehen
vcluster-add-node = Knoten hinzufügen
vcluster-most-nodes = Mehr als { $n } Knoten darf ein vcluster nicht haben
vcluster-no-room = Deine Limits lassen keinen weiteren Knoten dieser Größe zu
vcluster-nodes = Knoten
vcluster-node = Knoten
vcluster-state = Zustand
vcluster-address = Adresse
vcluster-host = Host
vcluster-since = Läuft seit
vcluster-actions = Aktionen
vcluster-terminal = Terminal
vcluster-terminal-on = Terminal auf { $node }
vcluster-remove = { $node } entfernen
vcluster-remove-now = { $node } jetzt entfernen
vcluster-remove-lost = Was auf { $node } läuft, endet; Dateien außerhalb von /root gehen verloren.
vcluster-remove-last = Der letzte Knoten eines vclusters kann nicht entfernt werden. Lösche stattdessen den vcluster.
vcluster-size = Größe
vcluster-image = Image
vcluster-network = Netz
vcluster-created = Erstellt
vcluster-autostart = Nach einem Neustart seines Hosts
vcluster-autostart-on = läuft von selbst wieder
vcluster-autostart-off = bleibt aus
vcluster-autostart-stop = Soll aus bleiben
vcluster-autostart-start = Soll wieder laufen
vcluster-ready = Bereit
vcluster-after = nach { $length }
vcluster-took = dauerte { $length }
vcluster-delete-title = { $name } löschen?
vcluster-delete-lost = { $n ->
    [one] Der Knoten und alles darin außerhalb von /root gehen verloren, und was dort läuft, endet. Dein Home bleibt.
   *[other] Die { $n } Knoten und alles darin außerhalb von /root gehen verloren, und was dort läuft, endet. Dein Home bleibt.
}
vcluster-delete-confirm = Gib zur Bestätigung den Namen ein: <b>{ $name }</b>
vcluster-delete-submit = { $name } löschen
vcluster-deleting = Wird gelöscht…
vcluster-delete-not-the-name = muss der Name sein: { $name }
vcluster-out-of-memory = { $process } wurde beendet, weil die { $memory } MiB Speicher aufgebraucht waren
vcluster-out-of-memory-unnamed = ein Prozess wurde beendet, weil die { $memory } MiB Speicher aufgebraucht waren
vcluster-made-before = von einem älteren Docklet erstellt: diesen Knoten entfernen und einen neuen hinzufügen, um zu bekommen, was neu ist
