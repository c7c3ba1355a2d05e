# The queue: what runs where, and what comes next.
queue-subtitle = What runs where, and what comes next. Of others’ jobs only the size is shown.
queue-own = Your jobs
queue-hosts = Hosts
queue-hosts-about = Each bar is a host’s CPUs: your jobs, others’ jobs, nodes of vclusters, and what is free.
queue-no-host = No host is there.
queue-ready = ready
queue-not-ready = not ready
queue-figures = { $cpus } of { $all_cpus } CPUs · { $memory } of { $all_memory } · { $jobs ->
    [one] { $jobs } job
   *[other] { $jobs } jobs
}
queue-owners = Others’ jobs: { $names }
queue-next = Next
queue-next-about = Jobs that start as soon as there is room, in the order of their turn. Held jobs are not among them.
queue-nobody = No job waits for its turn.
queue-place = Place
queue-of = A job of { $owner }
queue-others = Another’s job
queue-count = { $n } elements
queue-unknown = not known
queue-more = { $n ->
    [one] { $n } more waits behind them.
   *[other] { $n } more wait behind them.
}
