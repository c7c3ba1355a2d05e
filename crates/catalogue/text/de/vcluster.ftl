# Ein vcluster: seine Seite und der Dialog, der ihn löscht.
vcluster-look-again = Aktualisieren
vcluster-add-node = Knoten hinzufügen
vcluster-most-nodes = Ein vcluster kann höchstens { $n } Knoten haben
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
vcluster-description = Beschreibung
vcluster-describe = Beschreibung hinzufügen
vcluster-describe-anew = Beschreibung ändern
vcluster-describe-save = Speichern
vcluster-autostart = Nach einem Neustart seines Hosts
vcluster-autostart-on = startet automatisch
vcluster-autostart-off = bleibt aus
vcluster-autostart-stop = Nicht automatisch starten
vcluster-autostart-start = Automatisch starten
vcluster-ready = Bereit
vcluster-after = nach { $length }
vcluster-took = dauerte { $length }
vcluster-delete-title = { $name } löschen?
vcluster-delete-lost = { $n ->
    [one] Der Knoten, alles, was darauf läuft, und alle Dateien außerhalb von /root gehen verloren. Dein Home bleibt.
   *[other] Die { $n } Knoten, alles, was darauf läuft, und alle Dateien außerhalb von /root gehen verloren. Dein Home bleibt.
}
vcluster-delete-confirm = Gib zur Bestätigung den Namen ein: <b>{ $name }</b>
vcluster-delete-submit = { $name } löschen
vcluster-deleting = Wird gelöscht…
vcluster-delete-not-the-name = muss der Name sein: { $name }
vcluster-out-of-memory = { $process } wurde beendet, weil der Speicher des Knotens ({ $memory } MiB) aufgebraucht war
vcluster-out-of-memory-unnamed = ein Prozess wurde beendet, weil der Speicher des Knotens ({ $memory } MiB) aufgebraucht war
vcluster-made-before = von einem älteren Docklet erstellt; diesen Knoten entfernen und einen anderen hinzufügen, um neue Funktionen zu bekommen
