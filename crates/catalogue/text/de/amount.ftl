# Zahlen mit ihren Einheiten.
amount-number = { $n }
amount-mib = { $n } MiB
amount-gib = { $n } GiB
amount-cpus = { $many ->
    [yes] { $n } CPUs
   *[no] { $n } CPU
}
amount-each = { $nodes } mit je { $cpus } und { $memory }
amount-each-short = je { $cpus } · { $memory }
