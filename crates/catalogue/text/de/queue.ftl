# Die Warteschlange: was wo läuft und was als Nächstes kommt.
queue-subtitle = Was wo läuft und was als Nächstes kommt. Die Jobs anderer stehen ohne ihren Namen da.
queue-own = Deine Jobs
queue-hosts = Hosts
queue-hosts-about = Jeder Balken zeigt die CPUs eines Hosts: deine Jobs, die Jobs anderer, Knoten von vclustern und was frei ist.
queue-no-host = Es gibt keinen Host.
queue-ready = bereit
queue-not-ready = nicht bereit
queue-figures = { $cpus } von { $all_cpus } CPUs · { $memory } von { $all_memory } · { $jobs ->
    [one] { $jobs } Job
   *[other] { $jobs } Jobs
}
queue-owners = Jobs anderer: { $names }
queue-next = Als Nächstes
queue-next-about = Jobs in der Reihenfolge, in der sie dran sind. Zurückgehaltene Jobs, Jobs, die auf andere Jobs oder eine Zeit warten, und solche, die kein Host ausführen kann, stehen nicht hier.
queue-nobody = Kein Job wartet darauf, dass er an der Reihe ist.
queue-place = Platz
queue-of = Ein Job von { $owner }
queue-others = Ein Job von anderen
queue-count = { $n } Elemente
queue-unknown = nicht bekannt
queue-more = { $n ->
    [one] { $n } weiterer Job wartet.
   *[other] { $n } weitere Jobs warten.
}
