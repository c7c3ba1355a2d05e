# Seiten mit Terminals. Was im Feld selbst steht, steht in terminal.ftl.
terminals-title = Terminals
terminals-subtitle = Eine Shell auf jedem laufenden Knoten. Sie läuft weiter, wenn du die Seite schließt.
terminals-list = vcluster mit Terminals
terminals-nothing = Kein Knoten läuft
terminals-nothing-text = Terminals brauchen einen laufenden Knoten. Starte einen vcluster oder erstelle einen.
terminals-on-node = Terminal auf { $node } von { $name }
terminals-of = Terminals von { $name }
terminals-back = Zurück zu { $name }
