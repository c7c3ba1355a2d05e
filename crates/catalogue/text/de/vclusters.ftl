# Die Liste: wo alle ankommen.
vclusters-title = vcluster
vclusters-subtitle = Deine privaten Cluster. Dein Home ist auf jedem Knoten dasselbe.
vclusters-list = vcluster
vclusters-limits = Auslastung deiner Limits
vclusters-limit-vclusters = vcluster
vclusters-limit-nodes = Knoten
vclusters-limit-cpus = CPUs
vclusters-limit-memory = Speicher
vclusters-empty = Noch kein vcluster
vclusters-empty-text = Ein vcluster besteht aus ein paar eigenen Linux-Knoten mit einem Terminal im Browser, bereit in ein, zwei Sekunden.
vclusters-create-first = Ersten vcluster erstellen
vclusters-new = Neuer vcluster
vclusters-other-ways = Andere Wege zum Erstellen
vclusters-at-once = Mit Vorgaben erstellen
vclusters-none-left = { $n ->
    [one] Dein Limit von { $n } vcluster ist erreicht. Lösche ihn, um einen neuen zu erstellen.
   *[other] Dein Limit von { $n } vclustern ist erreicht. Lösche einen, um einen neuen zu erstellen.
}
vclusters-no-node-left = { $n ->
    [one] Dein Limit von { $n } laufenden Knoten ist erreicht. Halte einen vcluster an, um Platz zu schaffen.
   *[other] Dein Limit von { $n } laufenden Knoten ist erreicht. Halte einen vcluster an, um Platz zu schaffen.
}
vclusters-too-little-left = Es ist weniger CPU oder Speicher übrig, als der kleinste Knoten braucht. Halte einen vcluster an, um Platz zu schaffen.
vclusters-cpu = CPU { $share }
vclusters-unreadable = Löschen…
vclusters-unreadable-lost = Die Knoten und alles darin gehen verloren; dein Home bleibt. Das lässt sich nicht rückgängig machen.
vclusters-unreadable-now = Unlesbaren vcluster löschen
