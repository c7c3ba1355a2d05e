# Die Liste: wo alle ankommen.
vclusters-title = vcluster
vclusters-subtitle = Deine privaten Cluster. Alles in deinem Home folgt dir auf jeden Knoten.
vclusters-list = vcluster
vclusters-limits = Verbrauch deiner Limits
vclusters-limit-vclusters = vcluster
vclusters-limit-nodes = Knoten
vclusters-limit-cpus = CPUs
vclusters-limit-memory = Speicher
vclusters-empty = Noch kein vcluster
vclusters-empty-text = Ein vcluster sind ein paar eigene Linux-Knoten, in ein, zwei Sekunden mit einem Terminal im Browser.
vclusters-create-first = Ersten vcluster erstellen
vclusters-new = Neuer vcluster
vclusters-other-ways = Andere Wege zum Erstellen
vclusters-at-once = Sofort erstellen
vclusters-none-left = { $n ->
    [one] Der eine vcluster deines Limits ist da. Lösche ihn, um Platz zu schaffen.
   *[other] Alle { $n } vcluster deines Limits sind da. Lösche einen, um Platz zu schaffen.
}
vclusters-no-node-left = { $n ->
    [one] Der eine Knoten deines Limits läuft. Halte einen vcluster an, um Platz zu schaffen.
   *[other] Alle { $n } Knoten deines Limits laufen. Halte einen vcluster an, um Platz zu schaffen.
}
vclusters-too-little-left = Es ist weniger CPU oder Speicher übrig, als der kleinste Knoten braucht. Halte einen vcluster an, um Platz zu schaffen.
vclusters-cpu = CPU { $share }
vclusters-unreadable = Löschen …
vclusters-unreadable-lost = Die Nodes und alles in ihnen geht verloren, dein Home bleibt. Das lässt sich nicht zurücknehmen.
vclusters-unreadable-now = Unlesbaren vcluster löschen
