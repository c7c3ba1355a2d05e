# Numbers with their units.
amount-number = { $n }
amount-mib = { $n } MiB
amount-gib = { $n } GiB
amount-cpus = { $many ->
    [yes] { $n } CPUs
   *[no] { $n } CPU
}
amount-each = { $nodes }, each { $cpus } and { $memory }
amount-each-short = { $cpus } · { $memory } each
