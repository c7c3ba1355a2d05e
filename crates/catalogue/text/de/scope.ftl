# Was ein API-Token darf.
scope-legend = Es darf
scope-read = Ansehen
scope-read-about = Deine vcluster sehen, was sie belegen und was getan wurde. Das darf jedes Token.
scope-vclusters = vcluster ändern
scope-vclusters-about = Sie erstellen, starten, anhalten und löschen, mit ihren Knoten und Apps; deine Tokens widerrufen. Ein anderes Image als das übliche braucht auch ssh.
scope-ssh = In Knoten hineinreichen
scope-ssh-about = Terminals, Befehle, Ports und SSH-Schlüssel. Das öffnet alle Dateien deiner Knoten und dein Home.
scope-admin = Verwalten
scope-admin-about = Was Administratoren tun: Benutzer, Images, Hosts.
